#include "core/port.h"

#include "core/launch.h"
#include "core/memory.h"
#include "tests/core/test.h"

static void written_as_docker_takes_them(void **state)
{
    (void)state;
    static const struct {
        const char *word, *address;
        unsigned outside, inside;
        enum port_protocol protocol;
    } table[] = {
        {"8080:80", "", 8080, 80, PORT_TCP},
        {"8080:80/tcp", "", 8080, 80, PORT_TCP},
        {"53:5353/udp", "", 53, 5353, PORT_UDP},
        {"127.0.0.1:1:65535", "127.0.0.1", 1, 65535, PORT_TCP},
        {"[::1]:8080:80/udp", "::1", 8080, 80, PORT_UDP},
        {"0.0.0.0:08080:80", "0.0.0.0", 8080, 80, PORT_TCP},
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        struct port p;
        struct error e = {0};
        assert_true(port_parse(table[i].word, &p, &e));
        assert_string_equal(p.address, table[i].address);
        assert_int_equal(p.outside, table[i].outside);
        assert_int_equal(p.inside, table[i].inside);
        assert_int_equal(p.protocol, table[i].protocol);
    }
}

static void others_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "80",
                                        ":80",
                                        "80:",
                                        "0:80",
                                        "80:0",
                                        "65536:80",
                                        "80:99999",
                                        "80:80/sctp",
                                        "80:80/",
                                        "80:80/tcp/udp",
                                        "a:80",
                                        "80:b",
                                        "1.2.3:80:80",
                                        "::1:80:80",
                                        "[::1:80:80",
                                        "host:80:80",
                                        "8000-8010:8000-8010",
                                        "80:80 ",
                                        "+80:80",
                                        "127.0.0.1::80",
                                        "[]:80:80",
                                        "123456:80",
                                        "1.2.3.4.5:80:80",
                                        "[1.2.3.4]:80:80"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct port p;
        struct error e = {0};
        assert_false(port_parse(wrong[i], &p, &e));
        assert_int_equal(e.kind, ERROR_INVALID);
    }
    struct port p;
    struct error e = {0};
    assert_false(port_parse("8000-8010:8000-8010", &p, &e));
    assert_non_null(strstr(e.text, "range"));
}

static void as_crossings_and_back(void **state)
{
    (void)state;
    struct launch_spec s;
    struct error e;
    launch_spec_init(&s);
    assert_null(port_list(s.crossings, s.n_crossings));
    assert_int_equal(launch_add_volume(&s, "/a:/b", &e), 0);
    assert_int_equal(launch_add_port(&s, "8080:80", &e), 0);
    assert_int_equal(launch_add_port(&s, "[::1]:53:5353/udp", &e), 0);
    assert_int_equal(s.n_crossings, 3);
    assert_int_equal(s.crossings[1].kind, CROSSING_PORT);
    assert_string_equal(s.crossings[1].outside, "8080");
    assert_string_equal(s.crossings[1].inside, "80/tcp");
    char *list = port_list(s.crossings, s.n_crossings);
    assert_string_equal(list, "8080->80/tcp, [::1]:53->5353/udp");
    free(list);
    struct port p;
    assert_false(port_of(&s.crossings[0], &p));
    assert_true(port_of(&s.crossings[2], &p));
    assert_string_equal(p.address, "::1");
    assert_int_equal(p.outside, 53);
    launch_spec_done(&s);
}

static void one_port_of_the_host_serves_one(void **state)
{
    (void)state;
    struct launch_spec s;
    struct error e;
    launch_spec_init(&s);
    assert_int_equal(launch_add_port(&s, "8080:80", &e), 0);
    assert_int_equal(launch_add_port(&s, "127.0.0.1:8080:81", &e), -1);
    assert_non_null(strstr(e.text, "twice"));
    assert_int_equal(launch_add_port(&s, "8080:80/udp", &e), 0);
    assert_int_equal(launch_add_port(&s, "127.0.0.1:9090:81", &e), 0);
    assert_int_equal(launch_add_port(&s, "127.0.0.2:9090:81", &e), 0);
    assert_int_equal(launch_add_port(&s, "0.0.0.0:9090:81", &e), -1);
    assert_int_equal(s.n_crossings, 4);
    launch_spec_done(&s);
}

static void networks_have_words(void **state)
{
    (void)state;
    struct launch_spec s;
    launch_spec_init(&s);
    assert_int_equal(launch_network(&s), LAUNCH_NETWORK_NONE);
    assert_int_equal(launch_add_port(&s, "8080:80", NULL), 0);
    assert_int_equal(launch_network(&s), LAUNCH_NETWORK_NAT);
    static const struct {
        const char *word;
        enum launch_network network;
    } table[] = {{"none", LAUNCH_NETWORK_NONE},    {"host", LAUNCH_NETWORK_HOST},
                 {"nat", LAUNCH_NETWORK_NAT},      {"bridge", LAUNCH_NETWORK_NAT},
                 {"my-net", LAUNCH_NETWORK_OTHER}, {"", LAUNCH_NETWORK_OTHER}};
    for (size_t i = 0; i < COUNT(table); i++) {
        free(s.network);
        s.network = mem_string(table[i].word);
        assert_int_equal(launch_network(&s), table[i].network);
    }
    launch_spec_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_as_docker_takes_them), cmocka_unit_test(others_are_refused),
        cmocka_unit_test(as_crossings_and_back),        cmocka_unit_test(one_port_of_the_host_serves_one),
        cmocka_unit_test(networks_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

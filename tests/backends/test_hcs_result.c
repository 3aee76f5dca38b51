/* Every HRESULT that HCS is known to give, in both families of numbers, is a kind and a sentence that can be
 * acted on. */
#include "backends/hcs/result.h"
#include "tests/core/test.h"

static const struct {
    uint32_t code;
    const char *name;
    enum error_kind kind;
    enum hcs_condition condition;
} known[] = {
    {0x80370100, "HCS_E_TERMINATED_DURING_START", ERROR_OTHER, HCS_FAILED},
    {0x80370101, "HCS_E_IMAGE_MISMATCH", ERROR_UNSUPPORTED, HCS_FAILED},
    {0x80370102, "HCS_E_HYPERV_NOT_INSTALLED", ERROR_UNSUPPORTED, HCS_FAILED},
    {0x80370105, "HCS_E_INVALID_STATE", ERROR_CONFLICT, HCS_WRONG_STATE},
    {0x80370106, "HCS_E_UNEXPECTED_EXIT", ERROR_CONFLICT, HCS_STOPPED},
    {0x80370107, "HCS_E_TERMINATED", ERROR_CONFLICT, HCS_STOPPED},
    {0x80370108, "HCS_E_CONNECT_FAILED", ERROR_UNREACHABLE, HCS_FAILED},
    {0x80370109, "HCS_E_CONNECTION_TIMEOUT", ERROR_TIMEOUT, HCS_FAILED},
    {0x8037010A, "HCS_E_CONNECTION_CLOSED", ERROR_UNREACHABLE, HCS_GOES_ON},
    {0x8037010B, "HCS_E_UNKNOWN_MESSAGE", ERROR_PROTOCOL, HCS_FAILED},
    {0x8037010C, "HCS_E_UNSUPPORTED_PROTOCOL_VERSION", ERROR_UNSUPPORTED, HCS_FAILED},
    {0x8037010D, "HCS_E_INVALID_JSON", ERROR_INVALID, HCS_NOT_TAKEN},
    {0x8037010E, "HCS_E_SYSTEM_NOT_FOUND", ERROR_NOT_FOUND, HCS_GONE},
    {0x8037010F, "HCS_E_SYSTEM_ALREADY_EXISTS", ERROR_CONFLICT, HCS_FAILED},
    {0x80370110, "HCS_E_SYSTEM_ALREADY_STOPPED", ERROR_CONFLICT, HCS_STOPPED},
    {0x80370111, "HCS_E_PROTOCOL_ERROR", ERROR_PROTOCOL, HCS_FAILED},
    {0x80370112, "HCS_E_INVALID_LAYER", ERROR_INVALID, HCS_FAILED},
    {0x80370113, "HCS_E_WINDOWS_INSIDER_REQUIRED", ERROR_UNSUPPORTED, HCS_FAILED},
    {0x80370114, "HCS_E_SERVICE_NOT_AVAILABLE", ERROR_UNREACHABLE, HCS_SERVICE_MISSING},
    {0x80370115, "HCS_E_OPERATION_NOT_STARTED", ERROR_OTHER, HCS_FAILED},
    {0x80370116, "HCS_E_OPERATION_ALREADY_STARTED", ERROR_OTHER, HCS_FAILED},
    {0x80370117, "HCS_E_OPERATION_PENDING", ERROR_CONFLICT, HCS_GOES_ON},
    {0x80370118, "HCS_E_OPERATION_TIMEOUT", ERROR_TIMEOUT, HCS_GOES_ON},
    {0x80370119, "HCS_E_OPERATION_SYSTEM_CALLBACK_ALREADY_SET", ERROR_OTHER, HCS_FAILED},
    {0x8037011A, "HCS_E_OPERATION_RESULT_ALLOCATION_FAILED", ERROR_OTHER, HCS_FAILED},
    {0x8037011B, "HCS_E_ACCESS_DENIED", ERROR_DENIED, HCS_REFUSED},
    {0x8037011C, "HCS_E_GUEST_CRITICAL_ERROR", ERROR_OTHER, HCS_FAILED},
    {0x8037011D, "HCS_E_PROCESS_INFO_NOT_AVAILABLE", ERROR_UNSUPPORTED, HCS_FAILED},
    {0x8037011E, "HCS_E_SERVICE_DISCONNECT", ERROR_UNREACHABLE, HCS_SERVICE_GONE},
    {0x8037011F, "HCS_E_PROCESS_ALREADY_STOPPED", ERROR_CONFLICT, HCS_STOPPED},
    {0x80370120, "HCS_E_SYSTEM_NOT_CONFIGURED_FOR_OPERATION", ERROR_UNSUPPORTED, HCS_NOT_TAKEN},
    {0x80370121, "HCS_E_OPERATION_ALREADY_CANCELLED", ERROR_CANCELLED, HCS_FAILED},
    {0x80004001, "E_NOTIMPL", ERROR_UNSUPPORTED, HCS_NOT_TAKEN},
    {0x80004004, "E_ABORT", ERROR_CANCELLED, HCS_FAILED},
    {0x80004005, "E_FAIL", ERROR_OTHER, HCS_FAILED},
    {0x80070002, "ERROR_FILE_NOT_FOUND", ERROR_NO_COMMAND, HCS_NO_PROGRAM},
    {0x80070003, "ERROR_PATH_NOT_FOUND", ERROR_NO_COMMAND, HCS_NO_PROGRAM},
    {0x80070005, "E_ACCESSDENIED", ERROR_DENIED, HCS_REFUSED},
    {0x80070006, "E_HANDLE", ERROR_NOT_FOUND, HCS_GONE},
    {0x8007000D, "ERROR_INVALID_DATA", ERROR_INVALID, HCS_NOT_TAKEN},
    {0x8007000E, "E_OUTOFMEMORY", ERROR_OTHER, HCS_FAILED},
    {0x80070020, "ERROR_SHARING_VIOLATION", ERROR_CONFLICT, HCS_FAILED},
    {0x80070032, "ERROR_NOT_SUPPORTED", ERROR_UNSUPPORTED, HCS_NOT_TAKEN},
    {0x80070057, "E_INVALIDARG", ERROR_INVALID, HCS_NOT_TAKEN},
    {0x800700C1, "ERROR_BAD_EXE_FORMAT", ERROR_NOT_RUNNABLE, HCS_FAILED},
    {0x8007010B, "ERROR_DIRECTORY", ERROR_INVALID, HCS_FAILED},
    {0x80070490, "ERROR_NOT_FOUND", ERROR_NOT_FOUND, HCS_GONE},
    {0x800700B7, "ERROR_ALREADY_EXISTS", ERROR_CONFLICT, HCS_FAILED},
    {0x803B0013, "HCN_E_PORT_ALREADY_EXISTS", ERROR_CONFLICT, HCS_FAILED},
    {0x800705AA, "ERROR_NO_SYSTEM_RESOURCES", ERROR_OTHER, HCS_FAILED},
    {0x800706BA, "RPC_S_SERVER_UNAVAILABLE", ERROR_UNREACHABLE, HCS_SERVICE_GONE},
    {0x800706BE, "RPC_S_CALL_FAILED", ERROR_UNREACHABLE, HCS_SERVICE_GONE},
    {0x800706BF, "RPC_S_CALL_FAILED_DNE", ERROR_UNREACHABLE, HCS_SERVICE_GONE},
};

static void every_code_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        struct error why;
        int32_t result = (int32_t)known[i].code;
        assert_int_equal(result_condition(result), known[i].condition);
        assert_int_equal(result_error(&why, result, NULL, "stop web-1"), -1);
        assert_non_null(strstr(why.text, known[i].name));
        assert_int_equal(why.kind, known[i].kind);
        assert_int_equal(why.native, result);
        assert_int_equal(strncmp(why.text, "cannot stop web-1: ", 19), 0);
        assert_true(strlen(why.text) > 30);
    }
}

static void both_families_mean_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        if (known[i].code >> 16 == 0x8037) {
            struct error a, b;
            int32_t old = (int32_t)(UINT32_C(0xC0370000) | (known[i].code & 0xFFFF));
            assert_int_equal(result_condition(old), known[i].condition);
            result_error(&a, (int32_t)known[i].code, NULL, "x");
            result_error(&b, old, NULL, "x");
            assert_string_equal(a.text, b.text);
            assert_int_equal(a.kind, b.kind);
        }
    }
}

static void success_is_none(void **state)
{
    (void)state;
    assert_int_equal(result_condition(0), HCS_WELL);
    assert_int_equal(result_condition(1), HCS_WELL); /* S_FALSE */
}

static void an_unknown_code_is_shown(void **state)
{
    (void)state;
    struct error why;
    result_error(&why, (int32_t)UINT32_C(0x80371234), NULL, "start x");
    assert_int_equal(why.kind, ERROR_OTHER);
    assert_non_null(strstr(why.text, "0x80371234"));
    result_error(&why, (int32_t)UINT32_C(0x80370103), NULL, "start x"); /* a gap in the list */
    assert_non_null(strstr(why.text, "0x80370103"));
    assert_int_equal(result_condition((int32_t)UINT32_C(0x80370103)), HCS_FAILED);
}

static void the_service_s_own_words_are_shown_clean(void **state)
{
    (void)state;
    struct error why;
    int32_t result = (int32_t)UINT32_C(0x80370101);
    result_error(&why, result,
                 "{\"Error\":-2143878911,\"ErrorMessage\":\"outer\",\"ErrorEvents\":[{\"Message\":"
                 "\"in\\u001bner\\nline\","
                 "\"Provider\":\"x\",\"Data\":[{\"Type\":3,\"Value\":{}}]},{\"Message\":\"second\"}]}",
                 "start x");
    assert_non_null(strstr(why.text, "in\xEF\xBF\xBDner line"));
    assert_null(strstr(why.text, "outer"));
    result_error(&why, result, "{\"Error\":-1,\"ErrorMessage\":\"outer\",\"ErrorEvents\":[]}", "start x");
    assert_non_null(strstr(why.text, "outer"));
    static const char *const useless[] = {
        "", "{", "[]", "7", "{\"ErrorEvents\":{\"Message\":\"no\"}}", "{\"ErrorMessage\":7}"};
    for (size_t i = 0; i < COUNT(useless); i++) {
        result_error(&why, result, useless[i], "start x");
        assert_null(strstr(why.text, "Windows says"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_known),
        cmocka_unit_test(both_families_mean_the_same),
        cmocka_unit_test(success_is_none),
        cmocka_unit_test(an_unknown_code_is_shown),
        cmocka_unit_test(the_service_s_own_words_are_shown_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

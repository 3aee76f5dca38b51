#include "backends/docker/transport_tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "backends/docker/endpoint.h"
#include "core/memory.h"
#include "core/text.h"

struct transport_tls {
    const struct endpoint *to;
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    X509 *refused; /* the certificate of the other side's chain that is not accepted */
};

/* ---- our files ---- */

static const char *openssl_words(void)
{
    const char *words = ERR_reason_error_string(ERR_peek_last_error());
    return words ? words : "no reason is known";
}

/* A key that is locked by a pass phrase is refused: nobody may be asked for it on the terminal. */
static int no_pass_phrase(char *room, int size, int writing, void *user)
{
    (void)room, (void)size, (void)writing, (void)user;
    return -1;
}

static bool unusable(struct error *e, const char *what, const char *path)
{
    unsigned long code = ERR_peek_error();
    if (ERR_GET_LIB(code) == ERR_LIB_SYS) {
        error_errno(e, ERR_GET_REASON(code), "cannot read the %s %s", what, path);
        e->kind = ERROR_INVALID; /* whatever hinders: the engine may well be there */
    } else {
        error_set(e, ERROR_INVALID, 0,
                  "cannot use the %s %s: %s; it must be PEM, and a key without pass phrase", what, path,
                  openssl_words());
    }
    return false;
}

static bool load(SSL_CTX *context, const struct transport_tls_files *files, struct error *e)
{
    ERR_clear_error();
    if (!files->authorities) {
        SSL_CTX_set_default_verify_paths(context);
    } else if (SSL_CTX_load_verify_file(context, files->authorities) != 1) {
        return unusable(e, "authority", files->authorities);
    }
    if (!files->certificate || !files->key) {
        return true;
    }
    if (SSL_CTX_use_certificate_chain_file(context, files->certificate) != 1) {
        return unusable(e, "certificate", files->certificate);
    }
    /* This also compares the key with the certificate. */
    return SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) == 1 ||
           unusable(e, "key", files->key);
}

SSL_CTX *transport_tls_context(const struct transport_tls_files *files, bool verify, struct error *e)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) {
        error_set(e, ERROR_OTHER, 0, "cannot start TLS: %s", openssl_words());
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (!load(context, files, e)) {
        SSL_CTX_free(context);
        ERR_clear_error();
        return NULL;
    }
    return context;
}

/* ---- one connection ---- */

static bool is_number(const char *host)
{
    ASN1_OCTET_STRING *number = a2i_IPADDRESS(host);
    ASN1_OCTET_STRING_free(number);
    return number;
}

/* The name in the certificate must be one of its alternative names: its common name is not looked at (as
 * docker). */
static void expect_name(SSL *ssl, const char *name)
{
    if (is_number(name)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    } else {
        SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        SSL_set1_host(ssl, name);
        SSL_set_tlsext_host_name(ssl, name);
    }
}

/* Keeps what is refused, so that it can be told why. */
static int on_verify(int fine, X509_STORE_CTX *chain)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct transport_tls *s = SSL_get_app_data(ssl);
    X509 *certificate = X509_STORE_CTX_get_current_cert(chain);
    if (!fine && !s->refused && certificate && X509_up_ref(certificate) == 1) {
        s->refused = certificate;
    }
    return fine;
}

struct transport_tls *transport_tls_new(const struct endpoint *to)
{
    struct transport_tls *s = mem_new(1, sizeof *s);
    s->to = to;
    s->ssl = SSL_new(to->tls.context);
    s->in = BIO_new(BIO_s_mem());
    s->out = BIO_new(BIO_s_mem());
    if (!s->ssl || !s->in || !s->out) {
        mem_resize(NULL, SIZE_MAX, 1); /* as any other allocation that fails */
    }
    SSL_set_bio(s->ssl, s->in, s->out);
    SSL_set_connect_state(s->ssl);
    SSL_set_app_data(s->ssl, s);
    SSL_set_verify(s->ssl, SSL_CTX_get_verify_mode(to->tls.context), on_verify);
    expect_name(s->ssl, to->tls.server_name ? to->tls.server_name : to->host);
    return s;
}

void transport_tls_free(struct transport_tls *s)
{
    if (s) {
        SSL_free(s->ssl);
        X509_free(s->refused);
        free(s);
    }
}

void transport_tls_feed(struct transport_tls *s, const char *data, size_t len)
{
    BIO_write(s->in, data, (int)len);
}

/* ---- what went wrong ---- */

static void add_time(struct text *out, const ASN1_TIME *time)
{
    struct tm tm;
    if (time && ASN1_TIME_to_tm(time, &tm) == 1) {
        text_addf(out, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    } else {
        text_add(out, "an unknown day");
    }
}

/* The names of a certificate, the first few of them. */
static void add_names(struct text *out, X509 *certificate)
{
    GENERAL_NAMES *names =
        certificate ? X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL) : NULL;
    int n = sk_GENERAL_NAME_num(names), shown = 0;
    for (int i = 0; i < n && shown < 5; i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const char *between = shown ? ", " : "";
        if (name->type == GEN_DNS && ASN1_STRING_length(name->d.dNSName) < 256) {
            text_addf(out, "%s%.*s", between, ASN1_STRING_length(name->d.dNSName),
                      (const char *)ASN1_STRING_get0_data(name->d.dNSName));
            shown++;
        } else if (name->type == GEN_IPADD && ASN1_STRING_length(name->d.iPAddress) == 4) {
            const unsigned char *p = ASN1_STRING_get0_data(name->d.iPAddress);
            text_addf(out, "%s%d.%d.%d.%d", between, p[0], p[1], p[2], p[3]);
            shown++;
        }
    }
    if (!shown) {
        text_add(out, "no name at all");
    }
    GENERAL_NAMES_free(names);
}

static void explain_certificate(const struct transport_tls *s, long result, struct error *e)
{
    const char *name = s->to->tls.server_name ? s->to->tls.server_name : s->to->host;
    const char *authority = s->to->tls.authority ? s->to->tls.authority : "this system's authorities";
    struct text words = {0};
    switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        text_add(&words, "its certificate, or that of its authority, has expired on ");
        add_time(&words, s->refused ? X509_get0_notAfter(s->refused) : NULL);
        text_add(&words, "; it must be renewed over there");
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        text_add(&words, "its certificate is not valid before ");
        add_time(&words, s->refused ? X509_get0_notBefore(s->refused) : NULL);
        text_add(&words, "; look at the clocks of both machines");
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        text_addf(&words, "its certificate does not carry the name %s but ", name);
        add_names(&words, s->refused);
        text_add(&words, "; reach it under such a name, or have its certificate made anew");
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        text_addf(&words,
                  "its certificate is signed by nobody in %s; put its authority there as ca.pem, if this is "
                  "the right engine",
                  authority);
        break;
    default:
        text_addf(&words, "its certificate is refused: %s", X509_verify_cert_error_string(result));
        break;
    }
    error_set(e, ERROR_DENIED, (int32_t)result, "%s", text_of(&words));
    text_done(&words);
}

/* The other side has ended it by an alert: as a rule it is our certificate that is missing or refused. */
static bool explain_alert(const struct transport_tls *s, int reason, struct error *e)
{
    bool ours = SSL_CTX_get0_certificate(s->to->tls.context);
    switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
        break;
    default:
        return false;
    }
    if (ours) {
        error_set(e, ERROR_DENIED, reason,
                  "it refuses our certificate (%s); cert.pem and key.pem must be signed by an authority that "
                  "it trusts",
                  openssl_words());
    } else {
        error_set(e, ERROR_DENIED, reason,
                  "it asks for a certificate of ours, and there is none; put cert.pem and key.pem into the "
                  "folder that "
                  "DOCKER_CERT_PATH names, or use a context that has them");
    }
    return true;
}

static enum transport_tls_step fail(const struct transport_tls *s, struct error *e)
{
    unsigned long code = ERR_peek_last_error();
    int reason = ERR_GET_REASON(code);
    long result = SSL_get_verify_result(s->ssl);
    bool tls = ERR_GET_LIB(code) == ERR_LIB_SSL;
    if (tls && reason == SSL_R_CERTIFICATE_VERIFY_FAILED && result != X509_V_OK) {
        explain_certificate(s, result, e);
    } else if (tls && (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)) {
        error_set(e, ERROR_PROTOCOL, reason,
                  "it does not speak TLS there; write tcp:// without TLS, or another port");
    } else if (!tls || !explain_alert(s, reason, e)) {
        error_set(e, ERROR_PROTOCOL, reason, "TLS fails: %s", openssl_words());
    }
    ERR_clear_error();
    return TLS_FAILED;
}

/* ---- the work ---- */

enum transport_tls_step transport_tls_shake(struct transport_tls *s, struct error *e)
{
    ERR_clear_error();
    int done = SSL_do_handshake(s->ssl);
    if (done == 1) {
        return TLS_DONE;
    }
    return SSL_get_error(s->ssl, done) == SSL_ERROR_WANT_READ ? TLS_WAIT : fail(s, e);
}

enum transport_tls_step transport_tls_read(struct transport_tls *s, char *room, size_t size, size_t *len,
                                           struct error *e)
{
    ERR_clear_error();
    int got = SSL_read_ex(s->ssl, room, size, len);
    if (got == 1) {
        return TLS_DONE;
    }
    switch (SSL_get_error(s->ssl, got)) {
    case SSL_ERROR_WANT_READ:
        return TLS_WAIT;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_END;
    default:
        return fail(s, e);
    }
}

void transport_tls_write(struct transport_tls *s, const char *data, size_t len)
{
    size_t written;
    ERR_clear_error();
    if (len > 0) {
        SSL_write_ex(s->ssl, data, len,
                     &written); /* into memory: all of it, or a failure that reading tells, too */
    }
}

void transport_tls_end(struct transport_tls *s)
{
    ERR_clear_error();
    SSL_shutdown(s->ssl);
    ERR_clear_error();
}

size_t transport_tls_take(struct transport_tls *s, char *room, size_t size)
{
    int n = BIO_read(s->out, room, size < INT_MAX ? (int)size : INT_MAX);
    return n > 0 ? (size_t)n : 0;
}

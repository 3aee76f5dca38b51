#include "tests/backends/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static FILE *open_file(const char *folder, const char *name, const char *ending, const char *mode)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s%s", folder, name, ending);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    return file;
}

static void add_extension(X509 *of, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, of, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(of, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *begin(const char *name, EVP_PKEY *key, int from_day, int to_day)
{
    X509 *made = X509_new();
    BIGNUM *serial = BN_new();
    X509_set_version(made, X509_VERSION_3);
    assert_int_equal(BN_rand(serial, 64, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), 1);
    BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(made));
    BN_free(serial);
    X509_time_adj_ex(X509_getm_notBefore(made), from_day, -60, NULL);
    X509_time_adj_ex(X509_getm_notAfter(made), to_day, 0, NULL);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC, (const unsigned char *)name,
                               -1, -1, 0);
    X509_set_pubkey(made, key);
    return made;
}

static void write_both(const char *folder, const char *name, X509 *made, EVP_PKEY *key)
{
    FILE *file = open_file(folder, name, ".pem", "w");
    assert_int_equal(PEM_write_X509(file, made), 1);
    fclose(file);
    file = open_file(folder, name, "-key.pem", "w");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
}

void certificates_authority(const char *folder, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *made = begin(name, key, 0, 30);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    add_extension(made, made, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(made, made, NID_subject_key_identifier, "hash");
    assert_true(X509_sign(made, key, EVP_sha256()) > 0);
    write_both(folder, "ca", made, key);
    X509_free(made);
    EVP_PKEY_free(key);
}

void certificates_make(const char *folder, const char *name, const struct certificate_wish *wish)
{
    FILE *file = open_file(folder, "ca", ".pem", "r");
    X509 *issuer = PEM_read_X509(file, NULL, NULL, NULL);
    fclose(file);
    file = open_file(folder, "ca", "-key.pem", "r");
    EVP_PKEY *issuer_key = PEM_read_PrivateKey(file, NULL, NULL, NULL), *key = EVP_EC_gen("P-256");
    fclose(file);
    X509 *made = begin(name, key, wish->from_day, wish->to_day);
    X509_set_issuer_name(made, X509_get_subject_name(issuer));
    if (wish->names) {
        add_extension(made, issuer, NID_subject_alt_name, wish->names);
    }
    assert_true(X509_sign(made, issuer_key, EVP_sha256()) > 0);
    write_both(folder, name, made, key);
    X509_free(made);
    X509_free(issuer);
    EVP_PKEY_free(key);
    EVP_PKEY_free(issuer_key);
}

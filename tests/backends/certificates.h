/* tests/backends/certificates.h - an authority of a test's own, and what it signs. */
#ifndef TESTS_BACKENDS_CERTIFICATES_H
#define TESTS_BACKENDS_CERTIFICATES_H

struct certificate_wish {
    const char *names;    /* "DNS:localhost,IP:127.0.0.1"; NULL: none */
    int from_day, to_day; /* of validity, from today */
};

/* Writes folder/ca.pem and folder/ca-key.pem. */
void certificates_authority(const char *folder, const char *name);

/* Writes folder/NAME.pem and folder/NAME-key.pem, signed by the authority of the folder. */
void certificates_make(const char *folder, const char *name, const struct certificate_wish *wish);

#endif

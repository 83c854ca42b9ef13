// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL's default provider, with the algorithms that TLSWire and Digests can choose. That of the library names some 300
// tables, and so links all of them: ARIA, Camellia, SM2 to SM4, DSA, writers of keys, and more, none of which a peer or a
// file can bring to use here. It is found by its name before the library's, where OpenSSL is linked statically. Its parts are
// internal to OpenSSL 3.0: with any other version, this is empty, and the library's own is linked.
//
// What is here, and must go with them: the cipher list, groups and kinds of keys of TLSWire; the digests of Digests.
#include "CSlim.h"

#ifdef VITALS_SLIM
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_MAJOR == 3 && OPENSSL_VERSION_MINOR == 0
#include <openssl/bio.h>
#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

typedef struct prov_ctx_st PROV_CTX;
extern int ossl_prov_bio_from_dispatch(const OSSL_DISPATCH *functions);
extern int ossl_prov_seeding_from_dispatch(const OSSL_DISPATCH *functions);
extern PROV_CTX *ossl_prov_ctx_new(void);
extern void ossl_prov_ctx_free(PROV_CTX *context);
extern void ossl_prov_ctx_set0_libctx(PROV_CTX *context, OSSL_LIB_CTX *library);
extern void ossl_prov_ctx_set0_handle(PROV_CTX *context, const OSSL_CORE_HANDLE *handle);
extern void ossl_prov_ctx_set0_core_bio_method(PROV_CTX *context, BIO_METHOD *method);
extern BIO_METHOD *ossl_prov_ctx_get0_core_bio_method(PROV_CTX *context);
extern BIO_METHOD *ossl_bio_prov_init_bio_method(void);
extern OSSL_FUNC_provider_get_capabilities_fn ossl_prov_get_capabilities;

// Each list is read twice: for the tables that it needs, then for its rows.
#define DECLARE(names, table) extern const OSSL_DISPATCH ossl_##table##_functions[];
#define ROW(names, table) {names, "provider=default", ossl_##table##_functions, NULL},
#define LIST(name, rows) rows(DECLARE) static const OSSL_ALGORITHM name[] = {rows(ROW){NULL, NULL, NULL, NULL}};

// Names, then the table. Those of one kind only; a name that a certificate has by its number has that as well.
#define CIPHERS(X) \
    X("AES-256-ECB:2.16.840.1.101.3.4.1.41", aes256ecb) \
    X("AES-256-CBC:AES256:2.16.840.1.101.3.4.1.42", aes256cbc) \
    X("AES-256-CTR", aes256ctr) \
    X("AES-128-GCM:id-aes128-GCM:2.16.840.1.101.3.4.1.6", aes128gcm) \
    X("AES-256-GCM:id-aes256-GCM:2.16.840.1.101.3.4.1.46", aes256gcm) \
    X("ChaCha20-Poly1305", chacha20_ossl_poly1305)
#define DIGESTS(X) \
    X("MD5:SSL3-MD5:1.2.840.113549.2.5", md5) \
    X("MD5-SHA1", md5_sha1) \
    X("SHA1:SHA-1:SSL3-SHA1:1.3.14.3.2.26", sha1) \
    X("SHA2-224:SHA-224:SHA224:2.16.840.1.101.3.4.2.4", sha224) \
    X("SHA2-256:SHA-256:SHA256:2.16.840.1.101.3.4.2.1", sha256) \
    X("SHA2-384:SHA-384:SHA384:2.16.840.1.101.3.4.2.2", sha384) \
    X("SHA2-512:SHA-512:SHA512:2.16.840.1.101.3.4.2.3", sha512) \
    X("SHA3-256:2.16.840.1.101.3.4.2.8", sha3_256) \
    X("SHA3-384:2.16.840.1.101.3.4.2.9", sha3_384) \
    X("SHA3-512:2.16.840.1.101.3.4.2.10", sha3_512)
#define MACS(X) X("HMAC", hmac)
#define DERIVATIONS(X) \
    X("HKDF", kdf_hkdf) \
    X("TLS13-KDF", kdf_tls1_3_kdf) \
    X("TLS1-PRF", kdf_tls1_prf) \
    X("PBKDF2:1.2.840.113549.1.5.12", kdf_pbkdf2)
#define RANDOM(X) \
    X("CTR-DRBG", drbg_ctr) \
    X("SEED-SRC", seed_src)
#define KEYS(X) \
    X("RSA:rsaEncryption:1.2.840.113549.1.1.1", rsa_keymgmt) \
    X("RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10", rsapss_keymgmt) \
    X("EC:id-ecPublicKey:1.2.840.10045.2.1", ec_keymgmt) \
    X("X25519:1.3.101.110", x25519_keymgmt) \
    X("ED25519:1.3.101.112", ed25519_keymgmt) \
    X("HMAC", mac_legacy_keymgmt)
#define EXCHANGES(X) \
    X("ECDH", ecdh_keyexch) \
    X("X25519:1.3.101.110", x25519_keyexch)
#define SIGNATURES(X) \
    X("RSA:rsaEncryption:1.2.840.113549.1.1.1", rsa_signature) \
    X("ECDSA", ecdsa_signature) \
    X("ED25519:1.3.101.112", ed25519_signature) \
    X("HMAC", mac_legacy_hmac_signature)


LIST(ciphers, CIPHERS)
LIST(digests, DIGESTS)
LIST(macs, MACS)
LIST(derivations, DERIVATIONS)
LIST(random_sources, RANDOM)
LIST(keys, KEYS)
LIST(exchanges, EXCHANGES)
LIST(signatures, SIGNATURES)

// Readers of keys and certificates: what they read, its form, their table.
#define READERS(X) \
    X("DER", "pem", pem_to_der) \
    X("DER", "der,structure=EncryptedPrivateKeyInfo", EncryptedPrivateKeyInfo_der_to_der) \
    X("DER", "der,structure=SubjectPublicKeyInfo", SubjectPublicKeyInfo_der_to_der) \
    X("RSA", "der,structure=PrivateKeyInfo", PrivateKeyInfo_der_to_rsa) \
    X("RSA", "der,structure=SubjectPublicKeyInfo", SubjectPublicKeyInfo_der_to_rsa) \
    X("RSA", "der,structure=type-specific", type_specific_keypair_der_to_rsa) \
    X("RSA", "der,structure=rsa", RSA_der_to_rsa) \
    X("RSA-PSS", "der,structure=PrivateKeyInfo", PrivateKeyInfo_der_to_rsapss) \
    X("RSA-PSS", "der,structure=SubjectPublicKeyInfo", SubjectPublicKeyInfo_der_to_rsapss) \
    X("EC", "der,structure=PrivateKeyInfo", PrivateKeyInfo_der_to_ec) \
    X("EC", "der,structure=SubjectPublicKeyInfo", SubjectPublicKeyInfo_der_to_ec) \
    X("EC", "der,structure=type-specific", type_specific_no_pub_der_to_ec) \
    X("EC", "der,structure=ec", EC_der_to_ec) \
    X("ED25519", "der,structure=PrivateKeyInfo", PrivateKeyInfo_der_to_ed25519) \
    X("ED25519", "der,structure=SubjectPublicKeyInfo", SubjectPublicKeyInfo_der_to_ed25519)
#define DECLARE_READER(names, form, table) extern const OSSL_DISPATCH ossl_##table##_decoder_functions[];
#define READER_ROW(names, form, table) {names, "provider=default,input=" form, ossl_##table##_decoder_functions, NULL},

READERS(DECLARE_READER)
static const OSSL_ALGORITHM readers[] = {READERS(READER_ROW){NULL, NULL, NULL, NULL}};

static const OSSL_ALGORITHM *query(void *context, int operation, int *is_uncached) {
    (void)context;
    *is_uncached = 0;
    switch (operation) {
    case OSSL_OP_CIPHER: return ciphers;
    case OSSL_OP_DIGEST: return digests;
    case OSSL_OP_MAC: return macs;
    case OSSL_OP_KDF: return derivations;
    case OSSL_OP_RAND: return random_sources;
    case OSSL_OP_KEYMGMT: return keys;
    case OSSL_OP_KEYEXCH: return exchanges;
    case OSSL_OP_SIGNATURE: return signatures;
    case OSSL_OP_DECODER: return readers;
    default: return NULL;
    }
}

static void tear_down(void *context) {
    BIO_meth_free(ossl_prov_ctx_get0_core_bio_method(context));
    ossl_prov_ctx_free(context);
}

static const OSSL_DISPATCH functions[] = {
    {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))tear_down},
    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
    {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))ossl_prov_get_capabilities},
    {0, NULL},
};

// What the library calls when it needs an algorithm for the first time.
int ossl_default_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **own,
                               void **context) {
    OSSL_FUNC_core_get_libctx_fn *library = NULL;
    if (!ossl_prov_bio_from_dispatch(core) || !ossl_prov_seeding_from_dispatch(core)) return 0;
    for (; core->function_id != 0; core++)
        if (core->function_id == OSSL_FUNC_CORE_GET_LIBCTX) library = OSSL_FUNC_core_get_libctx(core);
    BIO_METHOD *method = ossl_bio_prov_init_bio_method();
    PROV_CTX *made = library == NULL || method == NULL ? NULL : ossl_prov_ctx_new();
    if (made == NULL) {
        BIO_meth_free(method);
        return 0;
    }
    ossl_prov_ctx_set0_libctx(made, (OSSL_LIB_CTX *)library(handle));
    ossl_prov_ctx_set0_handle(made, handle);
    ossl_prov_ctx_set0_core_bio_method(made, method);
    *own = functions;
    *context = made;
    return 1;
}

// The provider of readers and writers alone, which is loaded by those who ask for it: here is no such code.
int ossl_base_provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core, const OSSL_DISPATCH **own,
                            void **context) {
    (void)handle, (void)core, (void)own, (void)context;
    return 0;
}
#endif
#endif

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// The socket and time headers belong to CLinux: without this line the first C module to include them would own
// them. Nothing else is needed: what OpenSSL has as macros are calls of SSL_ctrl and the like, which Swift can make.
#include "../CLinux/include/CLinux.h"
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

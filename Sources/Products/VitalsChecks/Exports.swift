// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

// What the API of this module is made of, so that a user imports one module.
@_exported public import GRPCHealth
@_exported public import HealthProtocol

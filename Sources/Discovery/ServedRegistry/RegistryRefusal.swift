// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import InstanceDocuments
import StatusPages

/// Why a registry does not do what a request wants.
struct RegistryRefusal: Error {
    let status: HTTP1Status
    /// What is wrong, and what to do.
    let text: String
    private var fields: [(name: StaticString, value: String)] = []

    init(_ status: HTTP1Status, _ text: String) {
        self.status = status
        self.text = text
    }

    init(_ fault: InstanceFault) {
        self.init(fault == .tooLarge ? .contentTooLarge : .badRequest, fault.text)
    }

    /// The response to it, in JSON, of a registry with this number.
    func response(_ epoch: String) -> HTTPResponse {
        var response = HTTPResponse.json(status, "error", text)
        response.fields += fields + [(RegistryPath.field, epoch)]
        return response
    }

    private func adding(_ name: StaticString, _ value: String) -> RegistryRefusal {
        var refusal = self
        refusal.fields.append((name, value))
        return refusal
    }

    static let unauthorized = RegistryRefusal(
        .unauthorized, "not the token of this registry: send the field authorization: Bearer TOKEN"
    ).adding("www-authenticate", "Bearer")

    static let noToken = RegistryRefusal(
        .forbidden,
        "this address is only read: start the registry with --registry-token-file, or write at the address of its --admin"
    )

    static let notWritten = RegistryRefusal(
        .methodNotAllowed, "an instance is written, and not a service: use /discover/NAME/ID"
    ).adding("allow", "GET, HEAD")

    /// Why there is no place for another stream.
    static func noStream(_ answer: PeerPlaces.Answer) -> RegistryRefusal {
        let cause =
            answer == .full
            ? "\(RegistryDesk.maxStreams) streams are open, and no more are told"
            : "this address has its share of the streams"
        return RegistryRefusal(.serviceUnavailable, cause + ": ask without watch")
            .adding("retry-after", "30")
    }

    static let tooManyRequests = RegistryRefusal(
        .serviceUnavailable, "too many requests wait for this registry: ask again later"
    ).adding("retry-after", "1")
}

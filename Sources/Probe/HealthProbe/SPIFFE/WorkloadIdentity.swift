// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire
import TLSWire

/// What the agent hands out to a workload: an X509-SVID, its key, and whom to trust.
struct WorkloadIdentity: Equatable {
    let id: String
    let identity: TLSIdentity
    let bundles: [SPIFFETrust.Bundle]

    /// Reads an `X509SVIDResponse`. Its first identity is the default one (SPIFFE Workload API, 5.3).
    init(decoding bytes: [UInt8]) throws(WorkloadError) {
        do throws(Status) {
            self = try bytes.withUnsafeBufferPointer { buffer throws(Status) in
                try WorkloadIdentity(WorkloadResponse(ofAgent: UnsafeRawBufferPointer(buffer)))
            }
        } catch {
            throw WorkloadError(error.message)
        }
    }

    private init(_ response: WorkloadResponse) throws(Status) {
        guard let svid = response.svid else {
            throw Status(.internal, "no X.509 SVIDs in response")
        }
        let id = String(decoding: svid.id, as: UTF8.self)
        guard let domain = SPIFFETrust.trustDomain(of: id) else {
            throw Status(.internal, "the agent's answer has a malformed SPIFFE ID")
        }
        self.id = id
        identity = .der(certificates: Array(svid.certificates), key: Array(svid.key))
        var bundles = [
            SPIFFETrust.Bundle(trustDomain: domain, certificates: Array(svid.bundle))
        ]
        for (key, value) in response.federatedBundles {
            // Agents name a domain by its ID, or plainly.
            let name = String(decoding: key, as: UTF8.self)
            bundles.append(
                SPIFFETrust.Bundle(
                    trustDomain: SPIFFETrust.trustDomain(of: name) ?? name,
                    certificates: Array(value)))
        }
        self.bundles = bundles
    }
}

/// `X509SVIDResponse`, as far as it is used, where it stands.
private struct WorkloadResponse {
    struct SVID {
        var id = UnsafeRawBufferPointer(start: nil, count: 0)
        var certificates = UnsafeRawBufferPointer(start: nil, count: 0)
        var key = UnsafeRawBufferPointer(start: nil, count: 0)
        var bundle = UnsafeRawBufferPointer(start: nil, count: 0)

        init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
            var reader = FieldReader(bytes, maxFields: WorkloadResponse.maxFields)
            while let field = try reader.next() {
                switch field.number {
                case 1: id = try field.bytes()
                case 2: certificates = try field.bytes()
                case 3: key = try field.bytes()
                case 4: bundle = try field.bytes()
                default: break
                }
            }
        }
    }

    /// The first of them.
    var svid: SVID?
    var federatedBundles: [(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)] = []

    /// Of the whole, an identity in it, or an entry: more identities and trust domains than an agent hands out.
    static let maxFields = 1024

    /// Reads an answer. An error says whose message it is.
    init(ofAgent bytes: UnsafeRawBufferPointer) throws(Status) {
        do throws(Status) {
            try self.init(bytes)
        } catch {
            throw Status(error.code, "the agent's answer: \(error.message)")
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws(Status) {
        var reader = FieldReader(bytes, maxFields: Self.maxFields)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                let next = try SVID(field.bytes())
                svid = svid ?? next
            case 3: federatedBundles.append(try field.mapEntry())
            default: break
            }
        }
    }
}

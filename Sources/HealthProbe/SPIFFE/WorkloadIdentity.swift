// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CProtobufC
import CProtos
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
                try DecodingArena().decode(
                    UnsafeRawBufferPointer(buffer), x509_svidresponse__unpack
                ) { message throws(Status) in try WorkloadIdentity(message.pointee) }
            }
        } catch {
            throw WorkloadError(error.message)
        }
    }

    private init(_ response: X509SVIDResponse) throws(Status) {
        guard response.n_svids > 0, let svid = response.svids[0]?.pointee else {
            throw Status(.internal, "no X.509 SVIDs in response")
        }
        let id = String(decoding: svid.spiffe_id.bytes, as: UTF8.self)
        guard let domain = SPIFFETrust.trustDomain(of: id) else {
            throw Status(.internal, "the agent's answer has a malformed SPIFFE ID")
        }
        self.id = id
        identity = .der(
            certificates: Array(svid.x509_svid.bytes), key: Array(svid.x509_svid_key.bytes))
        var bundles = [
            SPIFFETrust.Bundle(trustDomain: domain, certificates: Array(svid.bundle.bytes))
        ]
        for index in 0..<response.n_federated_bundles {
            guard let entry = response.federated_bundles[index]?.pointee, let key = entry.key
            else { continue }
            // Agents name a domain by its ID, or plainly.
            let name = String(cString: key)
            bundles.append(
                SPIFFETrust.Bundle(
                    trustDomain: SPIFFETrust.trustDomain(of: name) ?? name,
                    certificates: Array(entry.value.bytes)))
        }
        self.bundles = bundles
    }
}

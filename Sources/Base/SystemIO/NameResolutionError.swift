// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Why a name has no address.
public enum NameResolutionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The resolver answered: there is no such name, or it has no address.
    case notFound(String)
    /// The deadline passed before an answer came.
    case timedOut(String)
    /// The resolver could not send its query; `reason` is its text.
    case failed(String, reason: String)
    /// It looks like an address, but is not one.
    case malformedAddress(String)

    /// One line for a person.
    public var text: String {
        switch self {
        case .notFound(let name):
            "no such host: \(name): is the name right, and known in this container's network?"
        case .timedOut(let name):
            "no answer in time for the name \(name): the DNS servers of /etc/resolv.conf are silent"
        case .failed(let name, let reason):
            "cannot resolve \(name): \(reason): see /etc/resolv.conf, or use an IP address"
        case .malformedAddress(let host):
            NumericHost.isMalformedIPv4(host)
                ? "\(host) is no IPv4 address: use four numbers from 0 to 255 without leading zeros"
                : "\(host) is no IPv6 address of this machine's networks: is its zone (after %) right?"
        }
    }

    /// The same, for `print` and logs.
    public var description: String { text }
}

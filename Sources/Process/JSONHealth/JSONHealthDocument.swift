// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// How a service is, as its program tells the clients of a JSON socket.
package protocol JSONHealthDocument {
    /// It can do its work.
    var isReady: Bool { get }
    /// The report, a JSON object in one line.
    var text: String { get }
}

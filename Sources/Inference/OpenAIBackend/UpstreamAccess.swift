// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
import EventLoops
import HTTP1Wire
import Inference
import Settings
import Synchronization
import SystemIO
import TLSWire
import Text

/// What every loop needs to ask the upstream. From any thread.
package final class UpstreamAccess: Sendable {
    /// How to ask, as the settings and the files that they name have it. Replaced as a whole.
    struct Terms: Sendable {
        let configuration: UpstreamConfiguration
        let writer: HTTP1RequestWriter
        /// Nil for plaintext.
        let tls: TLSContext?
        /// How often the files were read again.
        fileprivate(set) var generation = 0
    }

    private let settings: UpstreamSettings
    private let terms: Mutex<Terms>
    let resolver = UpstreamResolver()
    private let latestAnswer = Atomic<Int64>(0)

    /// Why there is none, in one line.
    package struct Failure: Error {
        package let text: String
    }

    /// An API key is shorter.
    private static let keyLimit = 4096

    /// Reads the files that the settings name.
    package init(_ settings: UpstreamSettings) throws(Failure) {
        self.settings = settings
        self.terms = Mutex(try Self.terms(settings))
    }

    /// Where the upstream is.
    package var url: UpstreamURL { settings.url }

    /// How to ask from now on.
    var current: Terms { terms.withLock { $0 } }

    /// Something of a completion came; from any thread.
    func answered(at now: MonotonicTime) {
        latestAnswer.store(now.nanoseconds, ordering: .relaxed)
    }

    /// Whether something of a completion has come since then.
    func hasAnswered(since time: MonotonicTime) -> Bool {
        latestAnswer.load(ordering: .relaxed) > time.nanoseconds
    }

    /// Reads the files again, the API key's and that of the CAs. Throws what is wrong with them; those read before
    /// are then still in force.
    package func reload() throws(Failure) {
        var new = try Self.terms(settings)
        terms.withLock { terms in
            new.generation = terms.generation + 1
            terms = new
        }
    }

    private static func terms(_ settings: UpstreamSettings) throws(Failure) -> Terms {
        var configuration = UpstreamConfiguration(url: settings.url, model: settings.model)
        configuration.caPath = settings.caPath
        configuration.key = try readKey(settings.key)
        configuration.healthPath = settings.healthPath
        return Terms(
            configuration: configuration, writer: try writer(configuration),
            tls: try context(configuration))
    }

    private static func readKey(_ secret: Secret) throws(Failure) -> String {
        guard let path = secret.path else { return (try? secret.read()) ?? "" }
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try FileDescriptor.open(path).readAll(limit: keyLimit)
        } catch {
            throw Failure(
                text:
                    "cannot read --openai-key-file \(PrintableText.quoted(path)): \(error.errno.text)"
            )
        }
        let key = bytes.prefix { $0 > 0x20 && $0 < 0x7f }
        // The file of a secret may end with a line's end, and with nothing else.
        let isAlone = bytes[key.count...].allSatisfy { $0 == 0x0a || $0 == 0x0d }
        guard !key.isEmpty, isAlone, bytes.count < keyLimit else {
            throw Failure(
                text: "--openai-key-file \(PrintableText.quoted(path)) holds no key: "
                    + "one word of printable ASCII is one")
        }
        return String(decoding: key, as: UTF8.self)
    }

    private static func writer(
        _ configuration: UpstreamConfiguration
    ) throws(Failure) -> HTTP1RequestWriter {
        guard var writer = HTTP1RequestWriter(host: configuration.url.authority) else {
            throw Failure(text: "the upstream's host cannot be sent")
        }
        _ = writer.add("user-agent", "skill-runtime/\(Vitals.version)")
        if !configuration.key.isEmpty,
            !writer.add("authorization", "Bearer \(configuration.key)")
        {
            throw Failure(
                text: "the upstream's API key has characters that no header field may have")
        }
        return writer
    }

    /// A backend whose connections live on this loop.
    package func backend(on loop: EventLoop) -> UpstreamBackend {
        UpstreamBackend(LoopBound(Upstream(self, on: loop), on: loop), self)
    }

    /// Watches the upstream from this loop, on which `onChange` is called.
    package func health(
        on loop: EventLoop, onChange: @escaping (UpstreamHealth.State) -> Void
    ) -> UpstreamHealth {
        UpstreamHealth(Upstream(self, on: loop), onChange: onChange)
    }

    private static func context(
        _ configuration: UpstreamConfiguration
    ) throws(Failure) -> TLSContext? {
        guard configuration.url.isSecure else { return nil }
        var client = TLSClientConfiguration()
        client.applicationProtocol = .http1
        if !configuration.caPath.isEmpty { client.trust = .file(path: configuration.caPath) }
        do throws(TLSCredentialsError) {
            return try .client(client)
        } catch {
            throw Failure(text: "cannot use the certificates of --openai-ca: \(error.text)")
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import BuildInfo
package import EventLoops
import HTTP1Wire
import Inference
import Outbound
package import Settings
import Synchronization
import SystemIO
import TLSWire
import Text

/// What all loops share about the upstream. From any thread.
package final class UpstreamAccess: Sendable {
    /// How to send requests, by the settings and the files that they name. Replaced as a whole.
    struct Parameters: Sendable {
        let configuration: UpstreamConfiguration
        let writer: HTTP1RequestWriter
        /// Nil for plaintext.
        let tls: TLSContext?
        /// The number of reloads so far.
        fileprivate(set) var generation = 0

        /// What to connect to.
        var target: OutboundTarget {
            let url = configuration.url
            return OutboundTarget(
                .host(url.host, port: url.port), tls: tls, serverName: url.host)
        }
    }

    private let settings: UpstreamSettings
    private let parameters: Mutex<Parameters>
    let resolver = OutboundResolver()
    /// The completions that it was asked for.
    package let calls = UpstreamCalls()
    private let latestAnswer = Atomic<Int64>(0)

    /// Why the settings cannot be used, in one line.
    package struct Failure: Error {
        /// What is wrong, and the setting that it is about.
        package let problem: SettingProblem
        package var text: String { problem.text }

        init(_ text: String, about setting: String) {
            problem = SettingProblem(text, about: setting)
        }
    }

    /// Bytes of the file of an API key.
    private static let keyLimit = 4096

    /// Reads the files that the settings name.
    package init(_ settings: UpstreamSettings) throws(Failure) {
        self.settings = settings
        self.parameters = Mutex(try Self.parameters(settings))
    }

    /// Where the upstream is.
    package var url: UpstreamURL { settings.url }

    /// How to send requests from now on.
    var current: Parameters { parameters.withLock { $0 } }

    /// A part of a completion came; from any thread.
    func answered(at now: MonotonicTime) {
        latestAnswer.store(now.nanoseconds, ordering: .relaxed)
    }

    /// Whether a part of a completion has come since then.
    func hasAnswered(since time: MonotonicTime) -> Bool {
        latestAnswer.load(ordering: .relaxed) > time.nanoseconds
    }

    /// Reads the files of the API key and the CAs again. Throws what is wrong with them; those read before then stay in use.
    package func reload() throws(Failure) {
        var new = try Self.parameters(settings)
        parameters.withLock { parameters in
            new.generation = parameters.generation + 1
            parameters = new
        }
    }

    private static func parameters(_ settings: UpstreamSettings) throws(Failure) -> Parameters {
        var configuration = UpstreamConfiguration(url: settings.url, model: settings.model)
        configuration.caPath = settings.caPath
        configuration.key = try readKey(settings.key)
        configuration.healthPath = settings.healthPath
        return Parameters(
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
                "cannot read --openai-key-file \(PrintableText.quoted(path)): \(error.errno.text)",
                about: "openai-key-file")
        }
        let key = bytes.prefix { $0 > 0x20 && $0 < 0x7f }
        // Only line ends may follow the key.
        let isAlone = bytes[key.count...].allSatisfy { $0 == 0x0a || $0 == 0x0d }
        guard !key.isEmpty, isAlone, bytes.count < keyLimit else {
            throw Failure(
                "--openai-key-file \(PrintableText.quoted(path)) holds no key: "
                    + "a key is one word of printable ASCII", about: "openai-key-file")
        }
        return String(decoding: key, as: UTF8.self)
    }

    private static func writer(
        _ configuration: UpstreamConfiguration
    ) throws(Failure) -> HTTP1RequestWriter {
        guard var writer = HTTP1RequestWriter(host: configuration.url.authority) else {
            throw Failure("the upstream's host cannot be sent", about: "openai-url")
        }
        _ = writer.add("user-agent", "skill-runtime/\(Vitals.version)")
        if !configuration.key.isEmpty,
            !writer.add("authorization", "Bearer \(configuration.key)")
        {
            throw Failure(
                "the upstream's API key has characters that no header field may have",
                about: "openai-key-file")
        }
        return writer
    }

    /// A backend whose connections belong to this loop.
    package func backend(on loop: EventLoop) -> UpstreamBackend {
        UpstreamBackend(LoopBound(Upstream(self, on: loop), on: loop), self)
    }

    /// Checks the upstream's health from this loop, on which `onChange` is called.
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
            throw Failure(
                "cannot use the certificates of --openai-ca: \(error.text)", about: "openai-ca")
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import EventLoops
import Flags
import HTTP1Wire
import SystemIO
import TLSWire

/// What every loop needs to ask the upstream. Made once, when the process starts.
public struct UpstreamAccess: Sendable {
    let configuration: UpstreamConfiguration
    private let writer: HTTP1RequestWriter
    private let tls: TLSContext?
    private let resolver = UpstreamResolver()

    /// Why there is none, in one line.
    public struct Failure: Error {
        public let text: String
    }

    /// An API key is shorter.
    private static let keyLimit = 4096

    /// What the options ask for: nil when they ask for another backend. Reads the files that they name.
    public static func of(
        _ options: RuntimeOptions, environmentKey: String?
    ) throws(Failure) -> UpstreamAccess? {
        guard options.backend == .openai, let url = options.openAIURL else { return nil }
        var configuration = UpstreamConfiguration(
            url: url, model: options.openAIModel.isEmpty ? options.skill : options.openAIModel)
        configuration.caPath = options.openAICA
        configuration.key =
            options.openAIKeyFile.isEmpty
            ? environmentKey ?? "" : try readKey(options.openAIKeyFile)
        return try UpstreamAccess(configuration)
    }

    private static func readKey(_ path: String) throws(Failure) -> String {
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

    init(_ configuration: UpstreamConfiguration) throws(Failure) {
        self.configuration = configuration
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
        self.writer = writer
        self.tls = try Self.context(configuration)
    }

    /// A backend whose connections live on this loop.
    func backend(on loop: EventLoop) -> OpenAIBackend {
        OpenAIBackend(LoopBound(upstream(on: loop), on: loop), configuration, writer)
    }

    /// Watches the upstream from this loop, on which `onChange` is called.
    func health(
        on loop: EventLoop, pace: UpstreamHealth.Pace = UpstreamHealth.Pace(),
        onChange: @escaping (UpstreamHealth.State) -> Void
    ) -> UpstreamHealth {
        UpstreamHealth(upstream(on: loop), writer, pace: pace, onChange: onChange)
    }

    private func upstream(on loop: EventLoop) -> Upstream {
        Upstream(configuration, tls: tls, resolver: resolver, on: loop)
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

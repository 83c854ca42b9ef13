// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import GRPCWire
import ProtobufWire

/// One stream of questions: it remembers which files it has sent.
struct ReflectionStream {
    private let index: ReflectionIndex
    /// By the place of a file.
    private var isSent: [Bool]

    /// A stream on which nothing was asked.
    init(_ index: ReflectionIndex) {
        self.index = index
        isSent = Array(repeating: false, count: index.fileCount)
    }

    /// The `ServerReflectionResponse` to a request. Throws what the stream has to end with.
    mutating func answer(_ bytes: [UInt8]) throws(Status) -> EncodedMessage {
        let request = try bytes.withUnsafeBufferPointer { bytes throws(Status) in
            try ReflectionRequest(decoding: UnsafeRawBufferPointer(bytes))
        }
        guard let question = request.question else {
            throw Status(
                .invalidArgument, "the request asks for nothing: message_request is not set")
        }
        var response = FieldWriter()
        if !request.host.isEmpty { response.data(1, request.host) }
        response.data(2, bytes)
        switch question {
        case .file(let name):
            add(index.file(named: name), "file not found: \(name)", to: &response)
        case .fileContaining(let symbol):
            add(index.file(defining: symbol), "symbol not found: \(symbol)", to: &response)
        case .fileExtending(let message, let number):
            add(
                index.file(extending: message, number: number),
                "extension not found: number \(number) of \(message)", to: &response)
        case .extensionNumbers(let message): addExtensions(of: message, to: &response)
        case .services:
            response.message(6) { list in
                for name in index.services { list.message(1) { $0.text(1, name) } }
            }
        }
        return EncodedMessage(count: response.bytes.count) { $0.copyBytes(from: response.bytes) }
    }

    private mutating func add(
        _ file: ReflectionIndex.Place?, _ failure: @autoclosure () -> String,
        to response: inout FieldWriter
    ) {
        guard let file else { return Self.addFailure(failure(), to: &response) }
        let files = unsent(from: file)
        response.message(4) { list in
            for place in files { list.data(1, index.bytes(at: place)) }
        }
    }

    /// The file first, as clients expect; then the files that it imports, but for those that were sent before.
    private mutating func unsent(from file: ReflectionIndex.Place) -> [ReflectionIndex.Place] {
        var files = [file]
        isSent[file] = true
        var next = 0
        while next < files.count {
            // What a file imports was sent with it.
            for place in index.imports(at: files[next]) where !isSent[place] {
                isSent[place] = true
                files.append(place)
            }
            next += 1
        }
        return files
    }

    private func addExtensions(of message: String, to response: inout FieldWriter) {
        guard let numbers = index.extensionNumbers(of: message) else {
            return Self.addFailure("message not found: \(message)", to: &response)
        }
        response.message(5) { list in
            list.text(1, message)
            if !numbers.isEmpty { list.packed(2, int32: numbers) }
        }
    }

    /// The stream goes on.
    private static func addFailure(_ text: String, to response: inout FieldWriter) {
        response.message(7) { failure in
            failure.varint(1, UInt64(StatusCode.notFound.rawValue))
            failure.text(2, text)
        }
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import Testing

@testable import InstanceDocuments

@Suite("An instance in JSON")
struct InstanceDocumentTests {
    private let key = InstanceKey(service: "chat", id: "chat-1")

    private var full: Instance {
        var instance = Instance(key, host: "::1", port: 65_535, status: .draining)
        instance.healthCheckURL = "http://[::1]:80/health"
        instance.version = "1.0 \"x\""
        instance.tags = ["gpu", "zone=a b"]
        instance.metadata = ["model": "ä\u{1F600}\\", "empty": ""]
        instance.registrationTime = 1_764_306_000_123
        return instance
    }

    private func read(_ text: String) throws(InstanceFault) -> Instance {
        try InstanceDocument.instance(Array(text.utf8), at: key)
    }

    @Test("It is read as it was written, also out of a list and out of the answer to a write")
    func roundTrip() throws {
        let bytes = InstanceDocument.bytes(of: full)
        #expect(try InstanceDocument.instance(bytes, at: key) == full)
        let sight = InstanceDocument.Sight(lastHealthCheck: 0, consecutiveFailures: 2)
        let list = InstanceList.bytes(of: "chat", [full]) { _ in sight }
        let read = list.withUnsafeBytes { InstanceList.instances($0, of: "chat") }
        #expect(read == [full])
        let text = String(decoding: list, as: UTF8.self)
        #expect(
            text.hasSuffix(
                #""last_health_check":"1970-01-01T00:00:00.000Z","consecutive_failures":2}]}"#))
        for answer in [PutAnswer.registered, .kept, .changed(from: full)] {
            #expect(PutAnswer(answer.bytes, for: key) == answer)
        }
        #expect(PutAnswer(Array(#"{"outcome":"else"}"#.utf8), for: key) == nil)
    }

    @Test("A list of instances that were encoded before is the same document")
    func encodedList() {
        var other = Instance(
            InstanceKey(service: "chat", id: "chat-2"), host: "h", port: 1, status: .starting)
        other.registrationTime = 1
        func sight(_ instance: Instance) -> InstanceDocument.Sight {
            InstanceDocument.Sight(
                lastHealthCheck: Int64(instance.port), consecutiveFailures: 7)
        }
        for instances in [[], [full], [full, other]] {
            var (plain, seen) = (
                EncodedList(of: "chat", hasSights: false, after: "data: "),
                EncodedList(of: "chat", hasSights: true)
            )
            for instance in instances {
                var encoded = EncodedInstance(
                    instance, .init(lastHealthCheck: 0, consecutiveFailures: 0))
                let first = encoded.byteCount
                encoded.see(sight(instance))
                #expect(encoded.byteCount == first && encoded.object.count == first)
                plain.append(encoded)
                seen.append(encoded)
            }
            plain.end("\n\n")
            seen.end("\n")
            let expected = InstanceList.bytes(of: "chat", instances)
            #expect(plain.bytes == Array("data: ".utf8) + expected + Array("\n\n".utf8))
            #expect(
                seen.bytes == InstanceList.bytes(of: "chat", instances, sight) + Array("\n".utf8))
            #expect(plain.content == seen.content)
        }
    }

    @Test("A time that cannot be read costs a list no instance, and is refused of who writes it")
    func badTime() throws {
        let text =
            #"{"service_name":"chat","instances":[{"service_name":"chat","instance_id":"a","#
            + #""host":"h","port":1,"registration_time":"10000-01-01T00:00:00Z"}]}"#
        let read = Array(text.utf8).withUnsafeBytes { InstanceList.instances($0, of: "chat") }
        #expect(read?.map(\.registrationTime) == [0])
        #expect(throws: InstanceFault.self) {
            try self.read(#"{"host":"h","port":1,"registration_time":"10000-01-01T00:00:00Z"}"#)
        }
    }

    @Test("Host and port are enough; what a registry adds can be written back")
    func least() throws {
        var expected = Instance(key, host: "h", port: 80, status: .available)
        expected.registrationTime = InstanceDocument.unknownTime
        #expect(try read(#"{"host":"h","port":80}"#) == expected)
        #expect(
            try read(
                #"{"host":"h","port":80,"service_name":"chat","instance_id":"chat-1","tags":null,"consecutive_failures":0}"#
            ) == expected)
    }

    @Test(
        "What is wrong is said",
        arguments: [
            ("", "the body is no object"), ("[]", "the body is no object"),
            ("{", "the body is no object"), (#"{"port":1,"port":1}"#, "the body is no object"),
            (#"{"host":"h"}"#, "port is no number from 1 to 65535"),
            (#"{"host":"h","port":65536}"#, "port is no number"),
            (#"{"host":"h","port":0}"#, "port is no number"),
            (#"{"host":"h","port":"80"}"#, "port is no number"),
            (#"{"port":80}"#, "host is missing"), (#"{"host":"","port":80}"#, "host is missing"),
            (#"{"host":1,"port":80}"#, "host is no text"),
            (#"{"host":"a\nb","port":80}"#, "a host has no control characters"),
            (#"{"host":"h","port":80,"status":"AVAILABLE"}"#, "the status is none of starting, "),
            (#"{"host":"h","port":80,"tags":"gpu"}"#, "tags is no array of texts"),
            (#"{"host":"h","port":80,"tags":[1]}"#, "tags is no array of texts"),
            (#"{"host":"h","port":80,"tags":[""]}"#, "a tag is not empty"),
            (#"{"host":"h","port":80,"metadata":{"a":1}}"#, "metadata is no object of texts"),
            (#"{"host":"h","port":80,"registration_time":"now"}"#, "registration_time is no time"),
            (#"{"host":"h","port":80,"prt":1}"#, "\"prt\" is no member of an instance: use "),
            (#"{"host":"h","port":80,"service_name":"x"}"#, "service_name is another one"),
        ])
    func faults(text: String, reason: String) {
        #expect {
            try read(text)
        } throws: { error in
            (error as? InstanceFault)?.text.hasPrefix(reason) ?? false
        }
    }

    @Test("Neither a large body nor one of many values is read")
    func limits() {
        let long = String(repeating: "x", count: InstanceDocument.limit)
        #expect(throws: InstanceFault.tooLarge) { try read(#"{"host":"\#(long)","port":80}"#) }
        let many = String(repeating: "0,", count: 10_000)
        #expect {
            try read(#"{"host":"h","port":80,"tags":[\#(many)0]}"#)
        } throws: { error in
            (error as? InstanceFault)?.text.hasPrefix("the body is no object") ?? false
        }
        let deep = String(repeating: "[", count: 1000)
        #expect {
            try read(#"{"host":\#(deep)"#)
        } throws: { error in
            (error as? InstanceFault)?.text.hasPrefix("the body is no object") ?? false
        }
    }

    @Test("What is no valid instance is left out of a list, and one that comes twice comes once")
    func garbage() {
        let good = String(decoding: InstanceDocument.bytes(of: full), as: UTF8.self)
        let other = good.replacing("chat-1", with: "chat-0")
        let text =
            #"{"service_name":"chat","instances":[\#(good),1,null,{},[],{"service_name":"chat"},\#(other),"#
            + #"{"service_name":"x","instance_id":"a","host":"h","port":1},{"service_name":"chat","instance_id":"a/b","#
            + #""host":"h","port":1},\#(good)]}"#
        let read = Array(text.utf8).withUnsafeBytes { InstanceList.instances($0, of: "chat") }
        #expect(read?.map(\.key.id) == ["chat-0", "chat-1"])
        for wrong in [#"{"service_name":"x","instances":[]}"#, "[]", "{}", "x", ""] {
            let read = Array(wrong.utf8).withUnsafeBytes { InstanceList.instances($0, of: "chat") }
            #expect(read == nil, "\(wrong)")
        }
    }
}

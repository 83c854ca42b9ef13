// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import HTTP1Wire
import HTTPRouting
import InstanceRegistry
import LocalRegistry
import SystemIO
import Testing

@testable import ServedRegistry

@Suite("A registry over HTTP")
struct RegistryServiceTests {
    private static let body = #"{"host":"10.0.0.7","port":8080,"tags":["gpu","eu"]}"#

    @Test("What is written is found by name, tags and status", arguments: [false, true])
    func found(elsewhere: Bool) throws {
        let registry = try Registry()
        func ask(
            _ method: HTTPRequest.Method, _ target: String, _ body: String = ""
        ) throws -> HTTPResponse {
            try registry.ask(method, target, body, elsewhere: elsewhere)
        }
        let first = try ask(.put, "/discover/chat/a", Self.body)
        #expect((first.status, first.text) == (.created, "{\"outcome\":\"registered\"}\n"))
        let second = try ask(.put, "/discover/chat/a", Self.body)
        #expect((second.status, second.text) == (.ok, "{\"outcome\":\"kept\"}\n"))
        let other = #"{"host":"::1","port":1,"status":"draining","tags":["gpu"]}"#
        try #require(try ask(.put, "/discover/chat/b", other).status == .created)
        let list = try ask(.get, "/discover/chat").text
        for text in [
            #"{"service_name":"chat","instances":[{"service_name":"chat","instance_id":"a","host":"10.0.0.7","port":8080,"#,
            #""status":"available""#, #""status":"draining""#, #""tags":["gpu","eu"]"#,
            #""last_health_check":"20"#, #""consecutive_failures":0"#, #""registration_time":"20"#,
        ] { #expect(list.contains(text), "\(list)") }
        for (query, ids) in [
            ("tag=gpu", ["a", "b"]), ("tag=gpu&tag=eu", ["a"]), ("status=draining", ["b"]),
            ("status=draining&status=available", ["a", "b"]), ("tag=none", []),
            ("status=starting", []), ("tag=eu&status=draining", []),
        ] {
            let text = try ask(.get, "/discover/chat?" + query).text
            for id in ["a", "b"] {
                #expect(text.contains(#""instance_id":"\#(id)""#) == ids.contains(id), "\(query)")
            }
        }
        #expect(
            try ask(.get, "/discover").text
                == #"{"services":[{"service_name":"chat","instances":2}]}"# + "\n")
        #expect(
            try ask(.get, "/discover/chat/b").text.hasPrefix(
                #"{"service_name":"chat","instance_id":"b""#))
        #expect(try ask(.delete, "/discover/chat/a").text == "{\"message\":\"removed\"}\n")
        #expect(try ask(.delete, "/discover/chat/a").status == .notFound)
        #expect(try ask(.get, "/discover/chat/a").status == .notFound)
    }

    @Test("Writes in a row that say unavailable are its consecutive failures")
    func failures() throws {
        let registry = try Registry()
        for (status, count) in [
            ("starting", 0), ("unavailable", 1), ("unavailable", 2), ("available", 0),
            ("unavailable", 1), ("draining", 0),
        ] {
            let body = #"{"host":"10.0.0.7","port":8080,"status":"\#(status)"}"#
            _ = try registry.ask(.put, "/discover/chat/a", body)
            let text = try registry.ask(.get, "/discover/chat/a").text
            #expect(text.contains("\"consecutive_failures\":\(count)}"), "\(status): \(text)")
        }
    }

    @Test("A name that is not known is 404 with a clear text, which only a registry gives")
    func unknown() throws {
        let registry = try Registry()
        let answer = try registry.ask(.get, "/discover/none")
        #expect(answer.status == .notFound)
        #expect(answer.text.contains(#"no instance of \"none\" is registered here"#))
        #expect(answer.field("vitals-registry") != nil)
    }

    @Test(
        "A client that has a list is told so until something has changed; a renewal changes nothing"
    )
    func validators() throws {
        let registry = try Registry()
        try registry.ask(.put, "/discover/chat/a", Self.body)
        func tag(_ known: String = "") throws -> (Int, String) {
            let answer = try registry.ask(
                .get, "/discover/chat", fields: [("if-none-match", known)])
            return (answer.status.rawValue, try #require(answer.field("etag")))
        }
        let (status, first) = try tag()
        #expect(status == 200)
        try registry.ask(.put, "/discover/chat/a", Self.body)
        try registry.ask(.put, "/discover/else/a", Self.body)
        #expect(try tag(first) == (304, first))
        try registry.ask(
            .put, "/discover/chat/a", #"{"host":"10.0.0.7","port":8080,"status":"draining"}"#)
        let (changed, second) = try tag(first)
        #expect(changed == 200 && second != first)
        // Nor does a service that comes back have an old tag.
        try registry.ask(.delete, "/discover/chat/a")
        try registry.ask(.put, "/discover/chat/a", Self.body)
        #expect(try tag(second).0 == 200)
    }

    @Test("Who is not written again is forgotten, and a write says what was there before")
    func forgotten() throws {
        let registry = try Registry()
        try registry.ask(.put, "/discover/chat/a?ttl=10s", Self.body)
        try registry.ask(.put, "/discover/chat/b", Self.body)
        registry.pass(.seconds(9))
        let changed = try registry.ask(
            .put, "/discover/chat/a?ttl=10s", #"{"host":"other","port":1}"#)
        #expect(changed.text.hasPrefix(#"{"outcome":"changed","previous":{"service_name":"chat""#))
        // The time of the registration stays.
        let time = try #require(changed.text.firstRange(of: "registration_time"))
        let text = changed.text[time.lowerBound...].prefix(45)
        #expect(try registry.ask(.get, "/discover/chat/a").text.contains(text))
        registry.pass(.seconds(9))
        #expect(try registry.ask(.get, "/discover/chat/a").status == .ok)
        registry.pass(.seconds(1))
        #expect(try registry.ask(.get, "/discover/chat/a").status == .notFound)
        #expect(try registry.ask(.put, "/discover/chat/a", Self.body).status == .created)
        registry.pass(.seconds(299))
        #expect(try registry.ask(.get, "/discover/chat/b").status == .notFound)
        #expect(try registry.ask(.get, "/discover/chat/a").status == .ok)
    }

    @Test("Writing needs the token; who has none learns nothing of what was written")
    func tokens() throws {
        let registry = try Registry(.token("secret"))
        for field in ["", "secret", "Bearer", "Bearer secre", "Bearer secret2", "Basic secret"] {
            let fields = field.isEmpty ? [] : [(name: "authorization", value: field)]
            for (method, body) in [(HTTPRequest.Method.put, "{"), (.delete, "")] {
                let answer = try registry.ask(method, "/discover/chat/a", body, fields: fields)
                #expect(answer.status == .unauthorized)
                #expect(answer.field("www-authenticate") == "Bearer")
            }
        }
        let fields = [(name: "authorization", value: "bearer secret")]
        let answer = try registry.ask(.put, "/discover/chat/a", Self.body, fields: fields)
        #expect(answer.status == .created)
        #expect(try registry.ask(.get, "/discover/chat").status == .ok)
        let closed = try Registry(.closed)
        let refused = try closed.ask(.put, "/discover/chat/a", Self.body, fields: fields)
        #expect(refused.status == .forbidden && refused.text.contains("--registry-token-file"))
    }

    @Test(
        "What is wrong with a request is said",
        arguments: [
            (.put, "/discover/chat/a", "{", 400, "the body is no object"),
            (.put, "/discover/chat/a?ttl=0s", body, 400, "ttl: use a duration from 1s to 24h"),
            (.put, "/discover/chat/a?ttl=25h", body, 400, "ttl: use a duration"),
            (.put, "/discover/chat/a?ttl=x", body, 400, "ttl: use a duration"),
            (.put, "/discover/chat", body, 405, "an instance is written, and not a service"),
            (.delete, "/discover/chat", "", 405, "an instance is written, and not a service"),
            (.put, "/discover/a%2Fb/c", body, 400, "the name of a service has letters"),
            (.put, "/discover/a/b%20c", body, 400, "the id of an instance has letters"),
            (.put, "/discover//c", body, 400, "the name of a service is not empty"),
            (.get, "/discover/a/b/c", "", 404, "there is nothing at this path"),
            (.get, "/discover/chat?status=up", "", 400, "status: use one of starting, available"),
            (.get, "/discover/chat?watch&status=up", "", 400, "status: use one of starting"),
            (.get, "/discover/chat/a?watch", "", 400, "a service is watched, and not an instance"),
            (.post, "/discover/chat/a", body, 405, ""),
        ] as [(HTTPRequest.Method, String, String, Int, String)])
    func faults(
        method: HTTPRequest.Method, target: String, body: String, status: Int, text: String
    ) throws {
        let answer = try Registry().ask(method, target, body)
        #expect(answer.status.rawValue == status)
        #expect(text.isEmpty || answer.text.contains(text), "\(answer.text)")
    }

    @Test("A name, a body and the number of instances have limits")
    func limits() throws {
        var limits = InstanceTable.Limits()
        limits.instances = 2
        let registry = try Registry(.everybody, limits)
        let long = String(repeating: "x", count: 256)
        let named = try registry.ask(.put, "/discover/chat/" + long, Self.body)
        #expect(named.text.contains("has at most 255 bytes"))
        let large = #"{"host":"h","port":1,"version":"\#(String(repeating: "x", count: 62_000))"}"#
        #expect(try registry.ask(.put, "/discover/chat/a", large).status == .contentTooLarge)
        for id in ["a", "b"] { try registry.ask(.put, "/discover/chat/" + id, Self.body) }
        let full = try registry.ask(.put, "/discover/chat/c", Self.body)
        #expect(full.status.rawValue == 507)
        #expect(full.text.contains("there are 2 instances, and no more are kept"))
        // Those who are there can still be written.
        #expect(try registry.ask(.put, "/discover/chat/a", Self.body).status == .ok)
        let families = try registry.onDesk { RegistryFamilies.read($0) }
        let values = families.flatMap { family in
            family.points.map { "\(family.name) \($0.labels.map(\.value)) \($0.value)" }
        }
        #expect(
            values.contains {
                $0.hasPrefix(#"vitals_registry_instances ["available"]"#) && $0.contains("2")
            })
        #expect(
            values.contains {
                $0.hasPrefix(#"vitals_registry_events ["refusal"]"#) && $0.contains("1")
            })
    }

    @Test("Documents that were made are kept within limits")
    func cache() {
        var cache = DocumentCache()
        var made = 0
        func ask(_ name: String, _ revision: UInt64 = 1, at second: Int64 = 0, size: Int = 1) {
            _ = cache.document(
                .list(name, InstanceSelection()), revision,
                at: .init(nanoseconds: second * 1_000_000_000)
            ) {
                made += 1
                return .init(body: [UInt8](repeating: 0, count: size), content: made)
            }
        }
        for _ in 0..<3 { ask("a") }
        #expect(made == 1)
        ask("a", 2)
        ask("a", 2, at: 2)
        #expect(made == 3)
        for index in 0..<(2 * DocumentCache.maxEntries) { ask("x\(index)") }
        made = 0
        ask("x0")
        #expect(made == 1)
        // One that is larger than all together is not kept, and takes nothing away for long.
        ask("large", size: DocumentCache.maxBytes + 1)
        ask("large", size: DocumentCache.maxBytes + 1)
        #expect(made == 3)
        ask("b")
        ask("b")
        #expect(made == 4)
    }
}

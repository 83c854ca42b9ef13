// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CheckEngine
import CheckScheduling
import StatusBoard
import Synchronization
import SystemIO
import Testing

@testable import NetworkChecks

@Suite("A check of a language model")
struct LLMCheckTests {
    private static let start = MonotonicTime(nanoseconds: 0)

    /// What a response comes to that is whole after so many seconds.
    private func result(
        _ response: String, after seconds: Int = 1, key: String = "", closes: Bool = false
    ) -> CheckResult? {
        var session = LLMSession([], LLMPlan(key: key))
        _ = session.began(CheckConnection(), at: Self.start)
        let end = Self.start + .seconds(seconds)
        let step = Array(response.utf8).withUnsafeBytes { session.received($0, at: end) }
        if case .finish(let result) = step.next { return result }
        return closes ? session.ended(at: end) : nil
    }

    private func response(
        _ body: String, status: String = "200 OK", fields: String = ""
    ) -> String {
        "HTTP/1.1 \(status)\r\ncontent-length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }

    private func choice(_ text: String, _ reason: String, tokens: Int? = nil) -> String {
        let usage = tokens.map { #","usage":{"completion_tokens":\#($0)}"# } ?? ""
        return response(
            #"{"choices":[{"message":{"content":\#(text)},"finish_reason":"\#(reason)"}]\#(usage)}"#
        )
    }

    @Test("A text is healthy, and also none when a model that reasons has used its tokens up")
    func texts() {
        #expect(result(choice(#""Hello!""#, "stop"))?.state == .healthy)
        #expect(result(choice("null", "length", tokens: 10))?.state == .healthy)
        #expect(result(choice("null", "length", tokens: 0))?.state == .degraded)
        #expect(result(choice("null", "length"))?.state == .degraded)
        let empty = result(choice(#""""#, "stop", tokens: 1))
        #expect(empty?.state == .degraded)
        #expect(empty?.cause == "its answer has no text (finish_reason stop)")
        #expect(
            result(response(#"{"choices":[{"text":"Hi","finish_reason":"length"}]}"#))?.state
                == .healthy)
    }

    @Test("A slow answer is degraded")
    func slow() {
        let slow = result(choice(#""Hello!""#, "stop"), after: 11)
        #expect(slow?.state == .degraded)
        #expect(slow?.cause == "its answer took 11.0 s, more than 10.0 s")
        #expect(result(choice(#""Hello!""#, "stop"), after: 10)?.state == .healthy)
    }

    private static let refusals: [(status: String, state: Outcome.State, cause: String)] = [
        ("400 Bad", .unhealthy, "it refuses the request (400): no such field"),
        ("401 No", .unhealthy, "it wants an API key (401): give one by key-file"),
        (
            "404 No", .unhealthy,
            "it has no such model, or no such API at this URL (404): no such field"
        ),
        (
            "429 Busy", .degraded,
            "it is overloaded, or a quota is used up (429), retry after 20 s: no such field"
        ),
        ("503 Busy", .unhealthy, "it answers with 503: no such field"),
        ("301 Moved", .unhealthy, "it redirects to another URL (301): use that one"),
    ]

    @Test("Each refusal has its cause", arguments: 0..<6)
    func refused(index: Int) {
        let (status, state, cause) = Self.refusals[index]
        let found = result(
            response(
                #"{"error":{"message":"no such field"}}"#, status: status,
                fields: "retry-after: 20\r\n"))
        #expect(found?.state == state)
        #expect(found?.cause == cause)
    }

    @Test("A message with a part of the key is not shown")
    func key() {
        let key = "sk-canary-0123456789"
        let body = #"{"error":{"message":"bad key \#(key)"}}"#
        let states = ["401 No", "500 No", "200 OK"].map {
            result(response(body, status: $0), key: key)
        }
        #expect(
            states.map { $0?.cause } == [
                "it refuses the API key (401)", "it answers with 500", "it answers with an error",
            ])
    }

    @Test("What is no answer is unhealthy")
    func garbage() {
        func cause(_ response: String) -> String? { result(response, closes: true)?.cause }
        #expect(cause("SSH-2.0-OpenSSH\r\n\r\n")?.hasPrefix("its response is no HTTP/1.1") == true)
        #expect(cause("") == "it closed the connection without a response")
        #expect(
            cause("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{")
                == "it closed the connection within its response")
        #expect(cause(response("{")) == "its answer is no JSON")
        #expect(
            cause(response(String(repeating: "[", count: 9_000))) == "its answer is no JSON")
        #expect(
            cause(response("\n<!doctype html>")) == "it answers with a web page: check the URL")
        #expect(cause(response("{}")) == "its answer has no choices")
        #expect(cause(response(#"{"choices":[]}"#)) == "its answer has no choices")
        #expect(
            cause(response("data: {}", fields: "content-type: text/event-stream\r\n"))
                == "it answers with a stream of events, which was not asked for")
        #expect(
            cause(response(String(repeating: "x", count: 300 << 10)))
                == "its answer is larger than 256 KiB")
    }

    @Test("The URL may end with what other clients need, and the request says what was told")
    func request() throws {
        let options = ["model": ["m"], "prompt": ["Hi"], "max-completion-tokens": ["5"]]
        for target in ["http://h:80", "http://h/", "http://h/v1", "http://h/v1/"] {
            #expect(try LLMCheck(target, CheckOptions(options)).baseURL == "http://h")
        }
        let check = try LLMCheck("https://h:8443/llm/v1?a=canary", CheckOptions(options))
        #expect(check.baseURL == "https://h:8443/llm")
        #expect(check.targetText == "https://h:8443/llm/v1?***")
        var known = CheckOptions(["prompt": ["Hi"], "max-completion-tokens": ["5"]])
        #expect(
            String(decoding: try LLMRequest("m", .chat, &known).body, as: UTF8.self)
                == #"{"model":"m","messages":[{"role":"user","content":"Hi"}],"#
                + #""max_completion_tokens":5,"stream":false}"#)
    }

    @Test("Wrong options are refused with what to do")
    func options() {
        func problem(_ target: String, _ options: [String: [String]]) -> String? {
            do throws(CheckOptionError) {
                _ = try LLMCheck(target, CheckOptions(options))
                return nil
            } catch {
                return error.text
            }
        }
        #expect(problem("http://h", [:])?.hasPrefix("model is missing: use one") == true)
        #expect(problem("http://u:p@h", ["model": ["m"]])?.contains("key-file") == true)
        #expect(
            problem("http://h", ["model": ["m"], "progress": ["/metrics"]])?.hasPrefix(
                "progress names no counter") == true)
        #expect(problem("http://h", ["model": ["m"], "api": ["x"]])?.hasPrefix("api is") == true)
        #expect(
            problem("http://h", ["model": ["m"], "max-tokens": ["0"]])
                == #"max-tokens is "0": use a number from 1 to 1000"#)
        #expect(
            problem(
                "http://h",
                ["model": ["m"], "max-tokens": ["1"], "max-completion-tokens": ["1"]])?.hasPrefix(
                    "max-tokens is given beside") == true)
        #expect(
            problem("http://h", ["model": ["m"], "key-file": ["/no/file"]])?.hasPrefix(
                "key-file cannot be read") == true)
    }

    @Test("While a counter of the server moves, the model is not asked")
    func progress() throws {
        // A run that asks the model reads the counter again: the answer has moved it.
        let counts = [1, 5, 6, 6, 9, 9, 12]
        let answers = Array(repeating: choice(#""Hello!""#, "stop"), count: 2) + ["garbage"]
        let read = Mutex(0)
        let asked = Mutex(0)
        let target = try ScriptedTarget { peer in
            if peer.receive().hasPrefix("GET /metrics ") {
                let index = read.withLock { count in
                    count += 1
                    return count - 1
                }
                let page = "tokens_total{model=\"m\"} \(counts[min(index, 6)])\n"
                peer.send("HTTP/1.1 200 OK\r\ncontent-length: \(page.utf8.count)\r\n\r\n\(page)")
            } else {
                let index = asked.withLock { count in
                    count += 1
                    return count - 1
                }
                peer.send(answers[min(index, 2)])
            }
        }
        let options = ["model": ["m"], "progress": ["/metrics#tokens_total"]]
        let check = try LLMCheck("http://127.0.0.1:\(target.port)", CheckOptions(options))
        let results = try CheckRun().results(of: check, runs: 5)
        #expect(
            results.map(\.state) == [.healthy, .healthy, .healthy, .unhealthy, .unhealthy])
        #expect(
            results.map { $0.details["progress"] } == [nil, "1.0", nil, nil, nil])
        #expect(asked.withLock(\.self) == 4)
        target.stop()
    }

    @Test("A counter that hangs, or is not there, is no progress, and not the model's fault")
    func noProgress() throws {
        let answer = choice(#""Hello!""#, "stop")
        for page in ["", "HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"] {
            let target = try ScriptedTarget { peer in
                if !peer.receive().hasPrefix("GET ") { return peer.send(answer) }
                page.isEmpty ? peer.waitForEnd() : peer.send(page)
            }
            let options = ["model": ["m"], "progress": ["/metrics#tokens_total"]]
            let check = try LLMCheck("http://127.0.0.1:\(target.port)", CheckOptions(options))
            let results = try CheckRun().results(of: check, runs: 2, timeout: .milliseconds(400))
            #expect(results.map(\.state) == [.healthy, .healthy])
            target.stop()
        }
    }

    @Test("A thousand runs leave no descriptor behind, whatever the answers are")
    func descriptors() throws {
        let answers = [
            choice(#""Hello!""#, "stop"), response("{}", status: "503 No"), "HTTP/1.1 200 OK\r\n",
            "garbage",
        ]
        let target = try ScriptedTarget { peer in
            _ = peer.receive()
            peer.send(answers.randomElement() ?? "")
        }
        let run = try CheckRun()
        let check = try LLMCheck(
            "http://127.0.0.1:\(target.port)", CheckOptions(["model": ["m"]]))
        _ = run.results(of: check, runs: 10)
        #expect(run.results(of: check, runs: 1000).count == 1000)
        // The one that is kept.
        #expect(Descriptors.count(connectedTo: target.port) <= 1)
        target.stop()
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import HTTP1Wire
import HTTPRouting
import StatusPages
import Testing

@testable import SkillRuntime

@Suite("The answers to commands")
struct AdminAnswerTests {
    private func text(_ response: HTTPResponse) -> String {
        "\(response.status.rawValue) " + String(decoding: response.body, as: UTF8.self)
    }

    @Test("What is done has a message, what is refused an error")
    func answers() {
        #expect(
            text(AdminAnswer.response(to: .drain, .done))
                == "200 {\"message\":\"Service draining initiated\"}\n")
        #expect(
            text(AdminAnswer.response(to: .resume, .refused(reason: "a \"b\"")))
                == "409 {\"error\":\"a \\\"b\\\"\"}\n")
        #expect(
            text(AdminRefusal("no").response) == "400 {\"error\":\"no\"}\n")
        let drill = Drill(target: .liveness, duration: .seconds(90))
        #expect(
            text(AdminAnswer.response(to: .drill(drill), .done))
                == "200 {\"message\":\"Drill: liveness fails for 1m30s\"}\n")
    }

    @Test("A reload tells what came of each part")
    func reloads() {
        let good = Reload.Result("model/a", nil)
        #expect(
            text(AdminAnswer.response(to: .reloadModels, .reloaded([good])))
                == "200 {\"message\":\"Reload done\",\"results\":[{\"name\":\"model/a\",\"ok\":true}]}\n"
        )
        let bad = Reload.Result("certificates", "no key")
        #expect(
            text(AdminAnswer.response(to: .reloadModels, .reloaded([good, bad])))
                == "409 {\"error\":\"not reloaded: certificates; what was in use before still is\","
                + "\"results\":[{\"name\":\"model/a\",\"ok\":true},"
                + "{\"name\":\"certificates\",\"ok\":false,\"reason\":\"no key\"}]}\n")
    }

    @Test("A reload that takes long is accepted, any other command that does is an error")
    func late() {
        #expect(AdminAnswer.late(.reloadModels).status == .accepted)
        #expect(AdminAnswer.late(.drain).status == .serviceUnavailable)
    }
}

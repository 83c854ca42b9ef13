// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PostgresWire

@Suite("SCRAM-SHA-256")
struct SCRAMTests {
    private static let serverFirst =
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

    /// The exchange of RFC 7677, 3, but for its user name, which PostgreSQL leaves empty: the proof is computed for that.
    @Test("The proof is that of an independent computation, and the server has to prove the same")
    func exchange() throws {
        var scram = SCRAM(password: "pencil", nonce: "rOprNGfwEbeRWgbNEkqO")
        #expect(scram.first == Array("n,,n=,r=rOprNGfwEbeRWgbNEkqO".utf8))
        let answer = String(decoding: try scram.answer(Array(Self.serverFirst.utf8)), as: UTF8.self)
        #expect(
            answer
                == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k="
        )
        try scram.verify(Array("v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=".utf8))
        #expect(throws: SCRAM.Fault.serverNotProved) { try scram.verify(Array("v=AAAA".utf8)) }
        #expect(throws: SCRAM.Fault.serverNotProved) { try scram.verify([]) }
    }

    @Test(
        "What is no first message is refused",
        arguments: [
            "", "r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "r=abc,s=W22ZaJ0S,i=4096",
            "r=abcd,s=,i=4096",
            "r=abcd,s=W22Z,i=0", "r=abcd,s=W22Z,i=x",
        ])
    func malformed(message: String) {
        var scram = SCRAM(password: "pencil", nonce: "abc")
        #expect(throws: SCRAM.Fault.malformed) { try scram.answer(Array(message.utf8)) }
    }

    @Test("A server cannot make us compute for long")
    func iterations() {
        var scram = SCRAM(password: "pencil", nonce: "abc")
        #expect(throws: SCRAM.Fault.tooManyIterations) {
            try scram.answer(Array("r=abcd,s=W22Z,i=1000000".utf8))
        }
    }

    @Test("The digest of MD5 is PostgreSQL's")
    func md5() {
        #expect(
            PostgresRequest.md5Text(user: "user", password: "password", salt: [1, 2, 3, 4])
                == "md5a3576f1ae039b8996bc4fc2720f9c71a")
    }
}

// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import InstanceRegistry
import NetworkChecks
import RedisWire
import SystemIO

/// The commands of the store. Pure.
enum RedisCommands {
    private static let names = "service_names"

    static func set(_ service: String) -> String { "service_instances:" + service }

    static func hash(_ key: InstanceKey) -> String { "services:\(key.service):\(key.id)" }

    static func channel(_ service: String) -> String { "service_changes:" + service }

    /// What a server that cannot be written to answers.
    static let replica = StoreFailure.refused(RedisError("READONLY", "").cause)

    /// Writes an instance: all of it, or nothing. Its first command reads what was there.
    static func put(
        _ key: InstanceKey, _ fields: [String: String], _ timeToLive: Duration, publishes: Bool
    ) -> [[String]] {
        let words = fields.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        let milliseconds = max(1, timeToLive.wholeNanoseconds / 1_000_000)
        return [
            ["MULTI"], ["HGETALL", hash(key)],
            // What others have added goes, too.
            ["DEL", hash(key)], ["HSET", hash(key)] + words,
            ["PEXPIRE", hash(key), String(milliseconds)],
            ["SADD", names, key.service], ["SADD", set(key.service), key.id],
        ] + (publishes ? [publication(of: key)] : []) + [["EXEC"]]
    }

    static func remove(_ key: InstanceKey) -> [[String]] {
        [
            ["MULTI"], ["DEL", hash(key)], ["SREM", set(key.service), key.id],
            publication(of: key), ["EXEC"],
        ]
    }

    /// Tells watches that an instance has changed.
    static func publication(of key: InstanceKey) -> [String] {
        ["PUBLISH", channel(key.service), key.id]
    }

    /// Asks how many ids a service has, and then which of these are there, so many in one command.
    static func presence(
        of ids: some Collection<String>, of service: String, _ size: Int
    ) -> [[String]] {
        let keys = ids.map { hash(InstanceKey(service: service, id: $0)) }
        return [["SCARD", set(service)]]
            + stride(from: 0, to: keys.count, by: size).map { start in
                ["EXISTS"] + keys[start..<min(keys.count, start + size)]
            }
    }

    /// Some ids of a service, each once.
    static func sample(of service: String) -> [String] {
        ["SRANDMEMBER", set(service), String(sampleSize)]
    }

    /// How many at most.
    static let sampleSize = 20

    /// Takes an id out of the sets, unless its hash is there: in one step, since the instance may come back at any time.
    static func tidying(_ key: InstanceKey) -> [String] {
        ["EVAL", tidyScript, "3", hash(key), set(key.service), names, key.id, key.service]
    }

    private static let tidyScript = """
        if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[1]) end
        if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
        return 0
        """

    /// The replies to the commands of a transaction, when it was carried out.
    static func committed(_ replies: [RedisValue]) -> Result<[RedisValue], StoreFailure> {
        guard case .array(let results?)? = replies.last else {
            // The error of a command says more than that of EXEC, which follows from it.
            let failure = replies.lazy.compactMap { StoreFailure($0) }.first
            return .failure(failure ?? .refused("it has not carried out a transaction"))
        }
        return .success(results)
    }
}

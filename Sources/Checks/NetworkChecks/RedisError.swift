// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

package import StatusBoard

/// What an error of Redis means.
package struct RedisError {
    package let state: Outcome.State
    /// What is wrong and what to do.
    package let cause: String

    /// `code` is the first word of the error, `text` the whole of it.
    package init(_ code: String, _ text: String) {
        (state, cause) =
            switch code {
            case "LOADING": (.unhealthy, "it is loading its data into memory")
            case "MASTERDOWN": (.unhealthy, "it has lost its master, and serves no stale data")
            case "BUSY": (.unhealthy, "a script blocks it: see SCRIPT KILL")
            case "NOAUTH": (.unhealthy, "it wants a password: give one by password-file")
            case "WRONGPASS": (.unhealthy, "it refuses the user or the password")
            case "NOPERM": (.unhealthy, "the user may not do this: see ACL SETUSER")
            case "READONLY": (.degraded, "it refuses writes: it is a replica now")
            case "MOVED", "ASK":
                (
                    .degraded,
                    "another node of its cluster has the key (\(code)): use that node, or write=false in a check"
                )
            case "CLUSTERDOWN":
                (.unhealthy, "its cluster is down (CLUSTERDOWN): see CLUSTER INFO")
            case "OOM": (.degraded, "it refuses writes: its memory is used up (maxmemory)")
            case "MISCONF": (.degraded, "it refuses writes: it cannot save to disk (MISCONF)")
            case "NOREPLICAS": (.degraded, "it refuses writes: too few replicas are connected")
            default: (.unhealthy, "it answers with the error \(code)")
            }
    }
}

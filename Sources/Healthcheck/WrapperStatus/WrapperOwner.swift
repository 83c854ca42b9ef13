// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux
import SystemIO

/// Whether the process at the other end of a socket belongs to this container. Containers may share a folder, such as /run, or
/// their network, and with it the place of a socket.
enum WrapperOwner {
    /// Why the process that listens there belongs to another container; nil when it does not, or that cannot be known.
    ///
    /// Another container has another PID namespace, in which the process has a number that ours does not have. Containers that
    /// share that as well have file systems of their own.
    static func strangeness(ofPeerAt descriptor: CInt) -> String? {
        let process = clinux_peer_process(descriptor)
        if process < 0 { return nil }
        if process == 0 { return "its process is not in this PID namespace" }
        guard let own = mounts(of: "self"), let theirs = mounts(of: "\(process)") else {
            return nil
        }
        return own == theirs ? nil : "process \(process) has other file systems"
    }

    /// The number of a mount namespace; nil when we may not know it, and without /proc.
    private static func mounts(of process: String) -> UInt64? {
        do throws(SystemCallError) {
            return UInt64(try FileStatus.of("/proc/\(process)/ns/mnt").inode)
        } catch {
            return nil
        }
    }
}

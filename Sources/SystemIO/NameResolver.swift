// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CAres
import CLinux

/// Why a name has no address.
public enum NameResolutionError: Error, Equatable, Sendable {
    /// The resolver answered: there is no such name, or it has no address.
    case notFound(String)
    /// The deadline passed before an answer came.
    case timedOut(String)
    /// The resolver could not ask; `reason` is its own text.
    case failed(String, reason: String)

    /// For a person, in one line.
    public var text: String {
        switch self {
        case .notFound(let name):
            "no such host: \(name): is the name right, and known in this container's network?"
        case .timedOut(let name):
            "no answer in time for the name \(name): the DNS servers of /etc/resolv.conf are silent"
        case .failed(let name, let reason):
            "cannot resolve \(name): \(reason): see /etc/resolv.conf, or use an IP address"
        }
    }
}

/// Turns names into addresses by c-ares: /etc/hosts first, then DNS, never beyond a deadline.
///
/// Not `getaddrinfo`: in a static executable that loads the machine's NSS modules, and it knows no deadline.
public enum NameResolver {
    /// Addresses of `host`, a name or a numeric address, in the order to try them (RFC 6724). Blocks the calling
    /// thread, until `deadline` at most.
    public static func resolve(
        _ host: String, port: UInt16, deadline: MonotonicTime
    ) throws(NameResolutionError) -> [SocketAddress] {
        if let address = SocketAddress(numeric: host, port: port) { return [address] }
        guard host == "localhost" else { return try ask(host, port: port, deadline: deadline) }
        do throws(NameResolutionError) {
            return try ask(host, port: port, deadline: deadline)
        } catch {
            // The name means this machine, also where no file says so (RFC 6761, 6.3).
            let loopback = [
                SocketAddress(numeric: "127.0.0.1", port: port),
                SocketAddress(numeric: "::1", port: port),
            ]
            return loopback.compactMap { $0 }
        }
    }

    private static func ask(
        _ host: String, port: UInt16, deadline: MonotonicTime
    ) throws(NameResolutionError) -> [SocketAddress] {
        var query = try Query(host: host)
        try query.run(until: deadline)
        return try query.addresses(port: port)
    }
}

/// One question to c-ares, and its channel.
private struct Query: ~Copyable {
    let host: String
    private let channel: ares_channel
    private let answer: UnsafeMutablePointer<Answer>

    /// What the callback leaves behind.
    struct Answer {
        var status: CInt?
        var list: UnsafeMutablePointer<ares_addrinfo>?
    }

    init(host: String) throws(NameResolutionError) {
        self.host = host
        self.channel = try Query.makeChannel(for: host)
        self.answer = .allocate(capacity: 1)
        answer.initialize(to: Answer())
    }

    deinit {
        // Ends what is still open with a last callback, which may write to the answer.
        ares_destroy(channel)
        if let list = answer.pointee.list { ares_freeaddrinfo(list) }
        answer.deinitialize(count: 1).deallocate()
    }

    private static func makeChannel(
        for host: String
    ) throws(NameResolutionError) -> ares_channel {
        var options = ares_options()
        // Ask again soon: a lost datagram must not eat a probe's whole second.
        options.timeout = 400
        options.tries = 4
        var channel: ares_channel?
        var mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES
        // No name server is asked where this machine is: only the files.
        var files: [CChar] = [CChar(UInt8(ascii: "f")), 0]
        if host == "localhost" { mask |= ARES_OPT_LOOKUPS }
        let status = files.withUnsafeMutableBufferPointer { lookups in
            options.lookups = lookups.baseAddress  // c-ares keeps a copy
            return ares_init_options(&channel, &options, CInt(mask))
        }
        guard status == ARES_SUCCESS, let channel else {
            throw .failed(host, reason: String(cString: ares_strerror(status)))
        }
        return channel
    }

    mutating func run(until deadline: MonotonicTime) throws(NameResolutionError) {
        var hints = ares_addrinfo_hints()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        host.withCString {
            ares_getaddrinfo(
                channel, $0, nil, &hints,
                { context, status, _, list in
                    let answer = context!.assumingMemoryBound(to: Answer.self)
                    answer.pointee = Answer(status: status, list: list)
                }, answer)
        }
        while answer.pointee.status == nil {
            let now = MonotonicTime.now()
            guard now < deadline else { throw .timedOut(host) }
            waitAndProcess(atMost: deadline.pollTimeout(from: now))
        }
    }

    private func waitAndProcess(atMost milliseconds: CInt) {
        let capacity = 16  // ARES_GETSOCK_MAXNUM
        var sockets = [ares_socket_t](repeating: -1, count: capacity)
        let readiness = sockets.withUnsafeMutableBufferPointer {
            ares_getsock(channel, $0.baseAddress, CInt(capacity))
        }
        var polls: [pollfd] = []
        for index in 0..<capacity {
            let reads = readiness & (1 << index) != 0
            let writes = readiness & (1 << (index + capacity)) != 0
            guard reads || writes else { continue }
            let events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0)
            polls.append(pollfd(fd: sockets[index], events: Int16(events), revents: 0))
        }
        var limit = timeval(
            tv_sec: Int(milliseconds) / 1000, tv_usec: Int(milliseconds) % 1000 * 1000)
        var next = timeval()
        let wait = ares_timeout(channel, &limit, &next).pointee
        let timeout = CInt(clamping: wait.tv_sec * 1000 + (Int(wait.tv_usec) + 999) / 1000)
        let ready = polls.withUnsafeMutableBufferPointer {
            poll($0.baseAddress, nfds_t($0.count), timeout)
        }
        if ready <= 0 {
            ares_process_fd(channel, -1, -1)  // only the time-outs
            return
        }
        for one in polls where one.revents != 0 {
            let reads = one.revents & Int16(POLLIN | POLLERR | POLLHUP) != 0
            let writes = one.revents & Int16(POLLOUT) != 0
            ares_process_fd(channel, reads ? one.fd : -1, writes ? one.fd : -1)
        }
    }

    func addresses(port: UInt16) throws(NameResolutionError) -> [SocketAddress] {
        let status = answer.pointee.status ?? ARES_ETIMEOUT
        switch status {
        case ARES_SUCCESS: break
        case ARES_ENOTFOUND, ARES_ENODATA, ARES_ENONAME, ARES_EBADNAME:
            throw .notFound(host)
        case ARES_ETIMEOUT: throw .timedOut(host)
        default: throw .failed(host, reason: String(cString: ares_strerror(status)))
        }
        var addresses: [SocketAddress] = []
        var node = answer.pointee.list?.pointee.nodes
        while let current = node {
            if let address = SocketAddress(current.pointee, port: port) {
                addresses.append(address)
            }
            node = current.pointee.ai_next
        }
        if addresses.isEmpty { throw .notFound(host) }
        return addresses
    }
}

extension SocketAddress {
    fileprivate init?(_ node: ares_addrinfo_node, port: UInt16) {
        guard node.ai_family == AF_INET || node.ai_family == AF_INET6,
            let source = node.ai_addr,
            Int(node.ai_addrlen) <= MemoryLayout<sockaddr_storage>.size
        else { return nil }
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(
                from: UnsafeRawBufferPointer(start: source, count: Int(node.ai_addrlen)))
            $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        self.init(storage: storage, length: socklen_t(node.ai_addrlen))
    }
}

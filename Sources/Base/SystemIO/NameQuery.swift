// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CAres
import CLinux

/// One query of c-ares, and its channel.
struct NameQuery: ~Copyable {
    let host: String
    let channel: ares_channel
    let answer: UnsafeMutablePointer<Answer>

    /// The result of the callback.
    struct Answer {
        var status: CInt?
        var list: UnsafeMutablePointer<ares_addrinfo>?
        /// The server's message, where records were asked for.
        var message: [UInt8] = []
    }

    /// With `isWhole`, no search domain is put behind the name. With `isLocal`, no name server is asked. With a `server`, `ADDRESS` or `ADDRESS:PORT`, only that is
    /// asked; not in the probe, which has no use for it.
    init(
        host: String, isWhole: Bool, isLocal: Bool = false, server: String? = nil
    ) throws(NameResolutionError) {
        self.host = host
        self.channel = try NameQuery.makeChannel(
            for: host, isWhole, isLocal: isLocal || host == "localhost", server)
        self.answer = .allocate(capacity: 1)
        answer.initialize(to: Answer())
    }

    deinit {
        // Ends open queries with a last callback, which may write to the answer.
        ares_destroy(channel)
        if let list = answer.pointee.list { ares_freeaddrinfo(list) }
        answer.deinitialize(count: 1).deallocate()
    }

    private static func makeChannel(
        for host: String, _ isWhole: Bool, isLocal: Bool, _ server: String?
    ) throws(NameResolutionError) -> ares_channel {
        var options = ares_options()
        // Retry soon: one lost datagram must not use up a probe's second.
        options.timeout = 400
        options.tries = 4
        var channel: ares_channel?
        var mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES
        if isWhole {
            options.flags = ARES_FLAG_NOSEARCH
            mask |= ARES_OPT_FLAGS
        }
        // No name server is asked for the address of this machine: only the files.
        var files: [CChar] = [CChar(UInt8(ascii: "f")), 0]
        if server != nil { files[0] = CChar(UInt8(ascii: "b")) }
        if server != nil || isLocal { mask |= ARES_OPT_LOOKUPS }
        let status = files.withUnsafeMutableBufferPointer { lookups in
            options.lookups = lookups.baseAddress  // c-ares keeps a copy
            return ares_init_options(&channel, &options, CInt(mask))
        }
        guard status == ARES_SUCCESS, let channel else {
            throw .failed(host, reason: String(cString: ares_strerror(status)))
        }
        #if !hasFeature(Embedded)
            if let server {
                let status = ares_set_servers_ports_csv(channel, server)
                guard status == ARES_SUCCESS else {
                    ares_destroy(channel)
                    throw .failed(host, reason: String(cString: ares_strerror(status)))
                }
            }
        #endif
        return channel
    }

    /// A name server that never answers for one family does not delay a caller that has an address of the other
    /// (RFC 8305, 3: the resolution delay).
    mutating func run(until deadline: MonotonicTime) throws(NameResolutionError) {
        start()
        let isWhole = try wait(until: deadline, delay: Self.resolutionDelay)
        if !isWhole, answer.pointee.status != ARES_SUCCESS || !hasWayOut {
            // No address yet, or only one without a route: wait for the other family.
            start()
            _ = try wait(until: deadline, delay: nil)
        }
    }

    /// How long the answer for the second family may take after that for the first.
    private static let resolutionDelay = Duration.milliseconds(50)

    private func start() {
        if let list = answer.pointee.list { ares_freeaddrinfo(list) }
        answer.pointee = Answer()
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
    }

    /// Waits until all queries are answered. With a `delay`, it waits at most so long after the latest answer: then the
    /// addresses received so far are the answer, if there are any, and the result is false.
    func wait(
        until deadline: MonotonicTime, delay: Duration?
    ) throws(NameResolutionError) -> Bool {
        var limit = MonotonicTime.distantFuture
        while answer.pointee.status == nil {
            let now = MonotonicTime.now()
            guard now < deadline else { throw .timedOut(host) }
            if now >= limit {
                ares_cancel(channel)
                return false
            }
            let hasAnswered = waitAndProcess(atMost: min(deadline, limit).pollTimeout(from: now))
            if hasAnswered, let delay { limit = .now() + delay }
        }
        return true
    }

    /// Whether there is a route to one of the addresses.
    private var hasWayOut: Bool {
        var node = answer.pointee.list?.pointee.nodes
        while let current = node {
            if let address = SocketAddress(current.pointee, port: 9), address.hasRoute {
                return true
            }
            node = current.pointee.ai_next
        }
        return false
    }

    /// True when an answer arrived.
    private func waitAndProcess(atMost milliseconds: CInt) -> Bool {
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
            return false
        }
        for one in polls where one.revents != 0 {
            let reads = one.revents & Int16(POLLIN | POLLERR | POLLHUP) != 0
            let writes = one.revents & Int16(POLLOUT) != 0
            ares_process_fd(channel, reads ? one.fd : -1, writes ? one.fd : -1)
        }
        return true
    }

    /// Throws unless `status` of c-ares says that there is an answer.
    func check(_ status: CInt) throws(NameResolutionError) {
        switch status {
        case ARES_SUCCESS: break
        case ARES_ENOTFOUND, ARES_ENODATA, ARES_ENONAME, ARES_EBADNAME:
            throw .notFound(host)
        case ARES_ETIMEOUT: throw .timedOut(host)
        default: throw .failed(host, reason: String(cString: ares_strerror(status)))
        }
    }

    func addresses(port: UInt16) throws(NameResolutionError) -> [SocketAddress] {
        try check(answer.pointee.status ?? ARES_ETIMEOUT)
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

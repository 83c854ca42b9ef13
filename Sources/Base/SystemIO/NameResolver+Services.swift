// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

#if !hasFeature(Embedded)
    extension NameResolver {
        /// Where DNS says that a service is (`_grpc._tcp.name`), in no order. `server` is the only one that is asked, where one is
        /// given. Blocks the calling thread, until `deadline` at most.
        package static func services(
            _ name: String, at server: String? = nil, deadline: MonotonicTime
        ) throws(NameResolutionError) -> [ServicePlace] {
            var query = try NameQuery(host: name, isWhole: true, server: server)
            try query.ask(.srv, until: deadline)
            guard let places = NameMessage(query.answer.pointee.message)?.places() else {
                throw .failed(name, reason: "the answer is no DNS message")
            }
            if places.isEmpty { throw .notFound(name) }
            return places
        }

        /// The addresses of a name of one family, each with the seconds that it may be relied on. As
        /// ``services(_:at:deadline:)``.
        package static func addresses(
            _ record: NameRecord, of name: String, port: UInt16, at server: String? = nil,
            deadline: MonotonicTime
        ) throws(NameResolutionError) -> [(address: SocketAddress, timeToLive: UInt32)] {
            var query = try NameQuery(host: name, isWhole: true, server: server)
            try query.ask(record, until: deadline)
            return NameMessage(query.answer.pointee.message)?.addresses(port: port) ?? []
        }

        /// The addresses to connect to a service, in the order to try them: places by priority and weight. Places whose
        /// names have no address are left out, unless none has one. As ``services(_:at:deadline:)``.
        ///
        /// A name that gets no answer takes a part of the time only, and no other is asked for when half of the time is over and
        /// there are addresses: connecting takes time as well.
        package static func serviceAddresses(
            _ name: String, at server: String? = nil, deadline: MonotonicTime
        ) throws(NameResolutionError) -> [SocketAddress] {
            let start = MonotonicTime.now()
            let half = start + (deadline - start) / 2
            var random = SystemRandomNumberGenerator()
            let places = try services(name, at: server, deadline: deadline).ordered(using: &random)
                .prefix(serviceLimit)
            var addresses: [SocketAddress] = []
            var failure = NameResolutionError.notFound(name)
            for (index, place) in places.enumerated() {
                let now = MonotonicTime.now()
                if !addresses.isEmpty, now >= half { break }
                let limit = placeDeadline(
                    left: places.count - index, isFirst: addresses.isEmpty, now, deadline)
                do throws(NameResolutionError) {
                    addresses += try self.addresses(of: place, at: server, deadline: limit)
                } catch {
                    failure = error
                }
            }
            if addresses.isEmpty { throw failure }
            return addresses
        }

        /// Places that are tried at most.
        private static let serviceLimit = 16

        /// Until when the next of so many places that are `left` is asked for: an equal part of the time for each and for
        /// connecting, but not less than a quarter of it. The last place has all of the time while no other has an address.
        static func placeDeadline(
            left: Int, isFirst: Bool, _ now: MonotonicTime, _ deadline: MonotonicTime
        ) -> MonotonicTime {
            if left <= 1, isFirst { return deadline }
            return now + (deadline - now) / min(left + 1, 4)
        }

        private static func addresses(
            of place: ServicePlace, at server: String?, deadline: MonotonicTime
        ) throws(NameResolutionError) -> [SocketAddress] {
            guard let server else {
                return try resolve(place.host, port: place.port, deadline: deadline)
            }
            return try ask(place.host, at: server, port: place.port, deadline: deadline)
        }
    }
#endif

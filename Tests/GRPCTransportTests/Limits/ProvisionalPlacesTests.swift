// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GRPCTransport

@Suite("Connections without a place of their own")
struct ProvisionalPlacesTests {
    @Test("One more than there may be takes the place of the oldest, whoever left in between")
    func oldest() {
        var places = ProvisionalPlaces(limit: 3)
        for place in [7, 3, 9] {
            #expect(places.oldestInTheWay == nil)
            places.add(place)
        }
        #expect(places.oldestInTheWay == 7)
        places.remove(3)
        #expect(places.oldestInTheWay == nil)
        places.add(3)
        #expect(places.oldestInTheWay == 7)
        places.remove(7)
        places.add(1)
        #expect(places.oldestInTheWay == 9)
    }

    @Test("Where there may be none, none is in the way")
    func none() {
        #expect(ProvisionalPlaces(limit: 0).oldestInTheWay == nil)
    }
}

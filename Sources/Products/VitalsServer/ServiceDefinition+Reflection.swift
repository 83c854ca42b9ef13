// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

public import GRPCReflection

extension ServiceDefinition {
    /// gRPC server reflection, v1 and v1alpha: what the server serves, for clients without its files, such as grpcurl.
    ///
    /// It lists each service of the server, in whatever order they are given, and describes those whose files are in
    /// `descriptorSets`. Each is the output of `protoc --include_imports --descriptor_set_out=FILE`. `grpc.health.v1.Health` and
    /// reflection itself need none. Throws when a set is broken, or a file of it imports one that is not there.
    public static func reflection(
        descriptorSets: [[UInt8]] = []
    ) throws(DescriptorSetError) -> ServiceDefinition {
        var sets: [DescriptorSet] = []
        for bytes in descriptorSets { sets.append(try DescriptorSet(bytes)) }
        let service = ReflectionService(sets)
        var definition = ServiceDefinition()
        definition.addLast { table, loop in service.registerLast(in: &table, on: loop) }
        return definition
    }
}

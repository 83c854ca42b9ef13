// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// A complete GGUF file of a few hundred bytes, to try the runtime without a model.
package enum DemoModel {
    /// The file's `general.name`.
    package static let name = "vitals-demo"

    /// The file: version 3, five metadata keys, a matrix of 8 by 4 and a vector of 8 numbers.
    package static var bytes: [UInt8] {
        let alignment: UInt32 = 32
        var file = GGUFWriter()
        file.appendHeader(tensors: 2, metadata: 5)
        file.appendMetadata("general.architecture", "demo")
        file.appendMetadata("general.name", name)
        file.appendMetadata("general.alignment", alignment)
        file.appendMetadata("general.description", "Weights of no meaning, to try Vitals with")
        file.appendMetadata("demo.context_length", 128)
        file.appendTensor("token_embd.weight", [8, 4], offset: 0)
        file.appendTensor("output_norm.weight", [8], offset: 128)
        file.pad(to: Int(alignment))
        for index in 0..<32 { file.append((Float(index) / 32).bitPattern) }
        for _ in 0..<8 { file.append(Float(1).bitPattern) }
        return file.bytes
    }
}

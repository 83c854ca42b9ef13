// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension GPUError {
    /// What is wrong with NVML as a whole, and what to do.
    var hostText: String {
        switch name {
        case "LIBRARY_NOT_FOUND":
            "the library of NVIDIA's driver cannot be loaded (\(text)): install the driver; a container needs the "
                + "NVIDIA container toolkit, and NVIDIA_DRIVER_CAPABILITIES with utility"
        case "DRIVER_NOT_LOADED":
            "NVIDIA's driver is not loaded, or it finds no GPU: run nvidia-smi on the machine, and see dmesg"
        case "LIB_RM_VERSION_MISMATCH":
            "the library and the kernel module of NVIDIA's driver have different versions: an update waits for a "
                + "restart of the machine (a container: start it again)"
        case "NO_PERMISSION":
            "no permission to use NVIDIA's driver: give this user, or the container, /dev/nvidiactl and /dev/nvidia*"
        case "FUNCTION_NOT_FOUND":
            "the library of NVIDIA's driver has no \(call): update the driver"
        default: "NVML cannot be used: \(call) failed with \(name); see dmesg"
        }
    }

    /// What is wrong with a device, and what to do; follows its name in a sentence.
    func deviceText(_ device: String) -> String {
        switch name {
        case "GPU_IS_LOST": "is lost: it no longer answers on its bus; restart the machine"
        case "RESET_REQUIRED":
            "has to be reset: end what uses it, then nvidia-smi --gpu-reset -i \(device)"
        case "INVALID_ARGUMENT", "NOT_FOUND", "GPU_NOT_FOUND":
            "is not there: nvidia-smi -L lists those that are"
        case "NO_PERMISSION": "may not be used: give this user, or the container, its device"
        default: "does not work: \(call) failed with \(name); see dmesg"
        }
    }
}

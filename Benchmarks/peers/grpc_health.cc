// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0
//
// grpc_health PORT [CERTIFICATE KEY]: the health service that gRPC C++ brings, with its defaults. SIGUSR2 switches between
// SERVING and NOT_SERVING.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <signal.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

static std::string contents(const char *path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

static std::shared_ptr<grpc::ServerCredentials> credentials(int count, char **arguments) {
    if (count < 4) return grpc::InsecureServerCredentials();
    grpc::SslServerCredentialsOptions options;
    options.pem_key_cert_pairs.push_back({contents(arguments[3]), contents(arguments[2])});
    return grpc::SslServerCredentials(options);
}

int main(int count, char **arguments) {
    if (count != 2 && count != 4) {
        std::cerr << "usage: grpc_health PORT [CERTIFICATE KEY]\n";
        return 1;
    }
    // Before any thread is made, so that this one alone gets it.
    sigset_t switches;
    sigemptyset(&switches);
    sigaddset(&switches, SIGUSR2);
    sigprocmask(SIG_BLOCK, &switches, nullptr);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    // A server without a service of its own does not start; this one refuses every other call.
    grpc::CallbackGenericService others;
    builder.RegisterCallbackGenericService(&others);
    builder.AddListeningPort(std::string("127.0.0.1:") + arguments[1], credentials(count, arguments));
    auto server = builder.BuildAndStart();
    if (!server) return 1;
    bool is_serving = true;
    for (int signal; sigwait(&switches, &signal) == 0;) {
        is_serving = !is_serving;
        server->GetHealthCheckService()->SetServingStatus(is_serving);
    }
}

// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace zcring {

//! The folders in which a server has its socket, by its name: $XDG_RUNTIME_DIR/zcring, if that is set,
//! then /run/zcring.
std::vector<std::string> server_folders();

//! Whether \p device, the value of device=, is the name of a server and not a path: it has no slash.
bool is_server_name(const std::string& device) noexcept;

//! Whether a server may have this name: 1 to 64 letters, digits, '.', '_' and '-', and no '.' in
//! front. "emulator" is no name of a server.
bool is_valid_server_name(const std::string& name) noexcept;

//! Whether \p device is a server: a name, or the path of a socket. So is a path outside of /dev at which
//! there is nothing: the error then says how to start a server.
bool is_server(const std::string& device) noexcept;

//! The path of the socket of the server \p device, which is a name or a path already: the first folder
//! that has it, or else the first folder's. Connects to nothing.
std::string server_path(const std::string& device);

//! A server that can be connected to.
struct found_server {
    std::string name; //!< as device= takes it
    std::string path; //!< of its socket
};

//! All servers, by name: every socket in the folders to which a program listens. Connects to none, so
//! that none is started which a service manager starts on demand.
std::vector<found_server> find_servers();

} // namespace zcring

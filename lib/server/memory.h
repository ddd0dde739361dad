// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "mapping.h"
#include "unique_fd.h"

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace zcring::server {

class shared_memory;

/*!
 * \brief Counts the bytes of memory that the clients of each user hold, and limits them.
 *
 * Memory is charged from its making on to the user whom the caller named by a memory_charge, and to
 * each further user that it is handed to. It is charged until nobody holds it: no mapping, no
 * descriptor, no message on its way, in this process and in any other.
 * Threading: any thread. The ledger may end before memory that was charged to it.
 */
class memory_ledger final
{
public:
    //! Throws std::system_error if the kernel gives no watch.
    explicit memory_ledger(std::uint64_t bytes_for_each_user);
    ~memory_ledger();
    memory_ledger(const memory_ledger&) = delete;
    memory_ledger& operator=(const memory_ledger&) = delete;

    //! For poll(): readable when memory was freed. collect() then stops charging it.
    int fd() const noexcept;
    void collect();

    //! The bytes that are charged to a user now, and the most.
    std::uint64_t bytes(uid_t user) const;
    std::uint64_t limit() const noexcept;

private:
    friend class memory_charge;
    friend class shared_memory;
    class entries;
    std::shared_ptr<entries> d_entries;
};

/*!
 * \brief While it lives, shared_memory that this thread makes or hands out is charged to one user.
 *
 * Memory that is made without one is the server's own, and is not charged until it is handed out.
 */
class memory_charge final
{
public:
    memory_charge(const memory_ledger& ledger, uid_t user);
    ~memory_charge();
    memory_charge(const memory_charge&) = delete;
    memory_charge& operator=(const memory_charge&) = delete;

private:
    friend class shared_memory;
    std::shared_ptr<memory_ledger::entries> d_entries;
    const uid_t d_user;
    memory_charge* const d_outer;
};

/*!
 * \brief Memory of one region, which the server shares with a client.
 *
 * A memfd of its own, so that no page is ever used twice. It is mapped for writing here first, and
 * sealed then: nobody can change its length or its seals; if the client must not write, nobody can
 * map it for writing again or write to it either.
 * Threading: as mapping; fd_for_client() from one thread at a time.
 */
class shared_memory final
{
public:
    /*!
     * \param name of the memfd, for /proc/PID/maps
     * \param bytes length, a multiple of the page size
     * \param times how often the server maps it, in a row
     * \param client_writes whether the client maps it for writing, too
     *
     * Throws std::system_error: EDQUOT if the user would hold more than memory_ledger::limit(), or
     * the error of the kernel.
     */
    shared_memory(const char* name, std::size_t bytes, unsigned times, bool client_writes);
    ~shared_memory();
    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;

    std::byte* get() const noexcept { return static_cast<std::byte*>(d_mapping.get()); }
    std::size_t bytes() const noexcept { return d_bytes; }

    //! A new descriptor, which the caller closes; read-only unless the client writes. Throws as the
    //! constructor does.
    int fd_for_client() const;

    //! Whether the user of the present memory_charge is charged for it already; true without one.
    bool is_charged() const;

private:
    //! Charges the user of the present memory_charge, if there is one.
    void charge() const;

    const std::size_t d_bytes;
    const bool d_client_writes;
    unique_fd d_fd;
    mapping d_mapping;
    //! The watch of the entry, and where it is; shared by all calls of charge().
    mutable std::weak_ptr<memory_ledger::entries> d_charged_to;
    mutable int d_watch = -1;
};

} // namespace zcring::server

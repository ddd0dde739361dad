/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The edu card of QEMU: the interface between edu.c (the card) and edu_dma.c (the DMA engine). */
#ifndef ZCRING_EDU_H
#define ZCRING_EDU_H

#include <linux/types.h>

struct pci_dev;
struct zcring_device;
struct zcring_dma_ops;

/*
 * Address of the card's buffer for its DMA engine. The buffer has 4096 bytes, but QEMU up to 7.2
 * aborts on a DMA that includes the last byte.
 */
#define ZCRING_EDU_BUFFER	0x40000
#define ZCRING_EDU_BUFFER_BYTES 4032U

/* Codes of ZCRING_FAULT_HARDWARE of this board. */
#define ZCRING_EDU_CODE_GONE \
	ZCRING_FAULT_CODE_BOARD /* the card does not answer: its registers are all ones */

/**
 * struct zcring_edu - the card, while it is bound to the PCI driver
 * @pdev: the PCI device
 * @registers: BAR 0
 * @page: the samples for the card's buffer; belongs to the processor while no DMA runs
 * @page_dma: bus address of @page
 * @zdev: the device; set before the first DMA is started. For the DMA engine, which lives with it
 * @interrupted: the device, once it is registered; before, and without one, NULL. For the handler
 *               of the interrupt, because a device that cannot be registered is freed
 * @ring_bytes_max: the largest ring of one channel in the memory that the card reaches; constant
 * @is_broken: the card has not ended a DMA, or did not come back when the machine woke up; no
 *             other DMA may be started
 */
struct zcring_edu {
	struct pci_dev *pdev;
	void __iomem *registers;
	u8 *page;
	dma_addr_t page_dma;
	struct zcring_device *zdev;
	struct zcring_device *interrupted;
	u64 ring_bytes_max;
	bool is_broken;
};

/* edu.c */

/*
 * Starts a DMA, which ends with an interrupt. Either @from or @to is in the card's buffer. Stores
 * of the processor before the call are visible to the DMA.
 */
void zcring_edu_copy_in(struct zcring_edu *edu, dma_addr_t from, u64 to, u64 bytes);
void zcring_edu_copy_out(struct zcring_edu *edu, u64 from, dma_addr_t to, u64 bytes);

/* Whether the DMA that was started last has ended; false for a card that is gone. */
bool zcring_edu_has_ended(const struct zcring_edu *edu);

/* Whether the registers of the card read as all ones. */
bool zcring_edu_is_gone(const struct zcring_edu *edu);

/*
 * Waits for the end of a running DMA. If it does not end, the card loses its bus mastership for
 * good. 0 or -EIO; no DMA runs after either.
 */
int zcring_edu_quiesce(struct zcring_edu *edu);

/* edu_dma.c */
extern const struct zcring_dma_ops zcring_edu_dma_ops;

#endif /* ZCRING_EDU_H */

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The edu card of QEMU: what edu.c, which finds it, and edu_dma.c, which uses it, share. */
#ifndef ZCRING_EDU_H
#define ZCRING_EDU_H

#include <linux/types.h>

struct pci_dev;
struct zcring_device;
struct zcring_dma_ops;

/*
 * The card's buffer, where its DMA engine sees it. It has 4096 bytes, but QEMU up to 7.2 ends
 * itself where a DMA takes the last one.
 */
#define ZCRING_EDU_BUFFER	0x40000
#define ZCRING_EDU_BUFFER_BYTES 4032U

/**
 * struct zcring_edu - the card, as long as the PCI driver has it
 * @pdev: on the bus
 * @registers: its BAR 0
 * @page: what is put into the card's buffer next; the processor's while no DMA goes on
 * @page_dma: where the card sees it
 * @zdev: its device; set before the first DMA is started
 * @is_broken: it has not ended a DMA, and is not to start another
 */
struct zcring_edu {
	struct pci_dev *pdev;
	void __iomem *registers;
	u8 *page;
	dma_addr_t page_dma;
	struct zcring_device *zdev;
	bool is_broken;
};

/* edu.c */

/*
 * Starts a DMA, which ends with an interrupt. Either @from or @to is in the card's buffer.
 * What the processor wrote before is there before.
 */
void zcring_edu_copy_in(struct zcring_edu *edu, dma_addr_t from, u64 to, u64 bytes);
void zcring_edu_copy_out(struct zcring_edu *edu, u64 from, dma_addr_t to, u64 bytes);

/* Whether the DMA that was started last has ended. Not so for a card that is gone. */
bool zcring_edu_has_ended(const struct zcring_edu *edu);

/*
 * Waits for the end of a DMA that goes on; one that does not end by itself is cut off the bus,
 * for good. 0 or -EIO; no DMA goes on in either case.
 */
int zcring_edu_quiesce(struct zcring_edu *edu);

/* edu_dma.c */
extern const struct zcring_dma_ops zcring_edu_dma_ops;

#endif /* ZCRING_EDU_H */

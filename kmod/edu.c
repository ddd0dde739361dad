// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The edu card of QEMU as hardware: PCI device, registers, interrupt, probe and remove. The card's
 * manual is docs/specs/edu in QEMU. An example for the driver of a board (docs/porting.md).
 *
 * Every register of a card that is gone reads as all ones; each read is checked for that.
 */
#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/sizes.h>

#include "dma.h"
#include "edu.h"

#define EDU_VENDOR_ID 0x1234
#define EDU_DEVICE_ID 0x11e8

/* Registers; 32 bits wide, those of the DMA engine 64. */
#define EDU_IDENTIFICATION   0x00
#define EDU_IDENTIFIED	     0xed /* lowest byte of the identification */
#define EDU_LIVENESS	     0x04 /* reads as the inverse of the value written */
#define EDU_INTERRUPT_STATUS 0x24
#define EDU_INTERRUPT_ACK    0x64
#define EDU_DMA_FROM	     0x80
#define EDU_DMA_TO	     0x88
#define EDU_DMA_COUNT	     0x90
#define EDU_DMA_COMMAND	     0x98
#define EDU_DMA_RUN	     BIT(0) /* reads as 1 until the DMA has ended */
#define EDU_DMA_TO_MEMORY    BIT(1)
#define EDU_DMA_INTERRUPT    BIT(2)
#define EDU_INTERRUPT_OF_DMA 0x100

#define EDU_GONE (~0U) /* value of every register of a card that is gone */

#define EDU_POLL_US	1000
#define EDU_PATIENCE_US 1000000 /* a leg takes 100 ms */

static unsigned int dma_bits = 28;
module_param(dma_bits, uint, 0444);
MODULE_PARM_DESC(
	dma_bits,
	"address bits of the card's DMA, 24 to 64; must match QEMU's property dma_mask (default 28)");

static void zcring_edu_start_dma(struct zcring_edu *edu, u64 from, u64 to, u64 bytes, u32 flags)
{
	writeq(from, edu->registers + EDU_DMA_FROM);
	writeq(to, edu->registers + EDU_DMA_TO);
	writeq(bytes, edu->registers + EDU_DMA_COUNT);
	writeq(flags | EDU_DMA_RUN | EDU_DMA_INTERRUPT, edu->registers + EDU_DMA_COMMAND);
}

void zcring_edu_copy_in(struct zcring_edu *edu, dma_addr_t from, u64 to, u64 bytes)
{
	zcring_edu_start_dma(edu, from, to, bytes, 0);
}

void zcring_edu_copy_out(struct zcring_edu *edu, u64 from, dma_addr_t to, u64 bytes)
{
	zcring_edu_start_dma(edu, from, to, bytes, EDU_DMA_TO_MEMORY);
}

static bool zcring_edu_is_busy(u32 command)
{
	return command != EDU_GONE && command & EDU_DMA_RUN;
}

bool zcring_edu_is_gone(const struct zcring_edu *edu)
{
	return readl(edu->registers + EDU_DMA_COMMAND) == EDU_GONE;
}

bool zcring_edu_has_ended(const struct zcring_edu *edu)
{
	u32 command = readl(edu->registers + EDU_DMA_COMMAND);

	return command != EDU_GONE && !zcring_edu_is_busy(command);
}

int zcring_edu_quiesce(struct zcring_edu *edu)
{
	u32 command;
	int err;

	err = readl_poll_timeout(edu->registers + EDU_DMA_COMMAND, command,
				 !zcring_edu_is_busy(command), EDU_POLL_US, EDU_PATIENCE_US);
	if (!err && command != EDU_GONE)
		return 0;
	edu->is_broken = true;
	pci_clear_master(edu->pdev);
	if (err)
		pci_err(edu->pdev,
			"the DMA engine did not end a DMA within 1 s; bus mastering is off, remove the card and plug it in again\n");
	else
		pci_err(edu->pdev,
			"the card is gone: its registers read as ones; plug it in again\n");
	return -EIO;
}

/* The interrupt line may be shared, unless the interrupt is a message (MSI). */
static irqreturn_t zcring_edu_interrupt(int irq, void *data)
{
	struct zcring_edu *edu = data;
	struct zcring_device *zdev = smp_load_acquire(&edu->interrupted); /* I */
	u32 status = readl(edu->registers + EDU_INTERRUPT_STATUS);

	if (status == EDU_GONE && zdev)
		zcring_dma_fail(zdev, ZCRING_EDU_CODE_GONE);
	if (!status || status == EDU_GONE)
		return IRQ_NONE;
	writel(status, edu->registers + EDU_INTERRUPT_ACK);
	if (status & EDU_INTERRUPT_OF_DMA && zdev)
		zcring_dma_interrupt(zdev);
	return IRQ_HANDLED;
}

/* Checks that this is an edu card and responds, and ends a DMA of an earlier driver. */
static int zcring_edu_check(struct zcring_edu *edu)
{
	u32 identification = readl(edu->registers + EDU_IDENTIFICATION);
	int err;

	writel(identification, edu->registers + EDU_LIVENESS);
	if ((identification & 0xff) != EDU_IDENTIFIED ||
	    readl(edu->registers + EDU_LIVENESS) != ~identification) {
		pci_err(edu->pdev, "identification register reads %#x: not an edu card\n",
			identification);
		return -ENODEV;
	}
	err = zcring_edu_quiesce(edu);
	writel(~0U, edu->registers + EDU_INTERRUPT_ACK);
	return err;
}

static int zcring_edu_map_registers(struct zcring_edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int err;

	err = pci_enable_device(pdev);
	if (err)
		return err;
	err = pci_request_regions(pdev, KBUILD_MODNAME);
	if (err)
		goto out_disable;
	edu->registers = pci_iomap(pdev, 0, 0);
	if (!edu->registers) {
		err = -ENOMEM;
		goto out_release_regions;
	}
	err = zcring_edu_check(edu);
	if (err)
		goto out_unmap;
	return 0;

out_unmap:
	pci_iounmap(pdev, edu->registers);
out_release_regions:
	pci_release_regions(pdev);
out_disable:
	pci_disable_device(pdev);
	return err;
}

static void zcring_edu_unmap_registers(struct zcring_edu *edu)
{
	pci_iounmap(edu->pdev, edu->registers);
	pci_release_regions(edu->pdev);
	pci_disable_device(edu->pdev);
}

static int zcring_edu_get_interrupt(struct zcring_edu *edu)
{
	struct pci_dev *pdev = edu->pdev;
	int err;

	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (err < 0)
		return err;
	err = request_irq(pci_irq_vector(pdev, 0), zcring_edu_interrupt, IRQF_SHARED,
			  KBUILD_MODNAME, edu);
	if (err)
		pci_free_irq_vectors(pdev);
	return err;
}

static void zcring_edu_put_interrupt(struct zcring_edu *edu)
{
	free_irq(pci_irq_vector(edu->pdev, 0), edu);
	pci_free_irq_vectors(edu->pdev);
}

static int zcring_edu_setup_dma(struct zcring_edu *edu)
{
	struct device *dev = &edu->pdev->dev;
	int err;

	if (dma_bits < 24 || dma_bits > 64) {
		pci_err(edu->pdev, "parameter dma_bits=%u: the allowed range is 24 to 64\n",
			dma_bits);
		return -EINVAL;
	}
	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(dma_bits));
	if (err)
		return err;
	/* Memory for fewer bits comes from a zone of 16 MiB. */
	edu->ring_bytes_max = dma_bits < 32 ? SZ_8M : ZCRING_RING_BYTES_MAX;
	edu->page = dma_alloc_coherent(dev, ZCRING_EDU_BUFFER_BYTES, &edu->page_dma, GFP_KERNEL);
	if (!edu->page)
		return -ENOMEM;
	pci_set_master(edu->pdev);
	return 0;
}

static void zcring_edu_end_dma(struct zcring_edu *edu)
{
	pci_clear_master(edu->pdev);
	dma_free_coherent(&edu->pdev->dev, ZCRING_EDU_BUFFER_BYTES, edu->page, edu->page_dma);
}

static int zcring_edu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct zcring_edu *edu = devm_kzalloc(&pdev->dev, sizeof(*edu), GFP_KERNEL);
	struct zcring_device *zdev;
	int err;

	if (!edu)
		return -ENOMEM;
	edu->pdev = pdev;
	pci_set_drvdata(pdev, edu);
	err = zcring_edu_map_registers(edu);
	if (err)
		return err;
	err = zcring_edu_setup_dma(edu);
	if (err)
		goto out_unmap_registers;
	err = zcring_edu_get_interrupt(edu);
	if (err)
		goto out_end_dma;
	zdev = zcring_board_register(&zcring_edu_dma_ops, &pdev->dev, edu);
	if (IS_ERR(zdev)) {
		err = PTR_ERR(zdev);
		goto out_put_interrupt;
	}
	smp_store_release(&edu->interrupted, zdev); /* I */
	zcring_dma_interrupt(zdev); /* a stream may run already, and its interrupt may have come */
	return 0;

out_put_interrupt:
	zcring_edu_put_interrupt(edu);
out_end_dma:
	zcring_edu_end_dma(edu);
out_unmap_registers:
	zcring_edu_unmap_registers(edu);
	return err;
}

static void zcring_edu_remove(struct pci_dev *pdev)
{
	struct zcring_edu *edu = pci_get_drvdata(pdev);

	zcring_board_unregister(edu->zdev);
	zcring_edu_quiesce(edu);
	zcring_edu_put_interrupt(edu);
	zcring_board_put(edu->zdev);
	zcring_edu_end_dma(edu);
	zcring_edu_unmap_registers(edu);
}

/*
 * The stream is suspended already, by its device, which is a child of this one. The PCI core saves
 * and restores the configuration, messages of interrupts included. The card gets the bus only when
 * it was found to be the card and idle: the machine may have reset it.
 */
static int zcring_edu_suspend(struct device *dev)
{
	pci_clear_master(to_pci_dev(dev));
	return 0;
}

static int zcring_edu_resume(struct device *dev)
{
	struct zcring_edu *edu = dev_get_drvdata(dev);
	int err;

	err = zcring_edu_check(edu);
	if (err)
		edu->is_broken = true;
	else if (!edu->is_broken)
		pci_set_master(edu->pdev);
	return err;
}

static DEFINE_SIMPLE_DEV_PM_OPS(zcring_edu_pm_ops, zcring_edu_suspend, zcring_edu_resume);

static const struct pci_device_id zcring_edu_ids[] = { { PCI_DEVICE(EDU_VENDOR_ID, EDU_DEVICE_ID) },
						       {} };
MODULE_DEVICE_TABLE(pci, zcring_edu_ids);

static struct pci_driver zcring_edu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = zcring_edu_ids,
	.probe = zcring_edu_probe,
	.remove = zcring_edu_remove,
	.driver.pm = pm_sleep_ptr(&zcring_edu_pm_ops),
};
module_pci_driver(zcring_edu_driver);

MODULE_AUTHOR("zcring developers");
MODULE_DESCRIPTION("zcring board driver for the DMA engine of QEMU's edu card");
MODULE_LICENSE("GPL");
MODULE_VERSION(ZCRING_VERSION);

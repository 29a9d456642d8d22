/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading a configuration of version 5.0 (Windows Server 2012 R2), an XML file:
 *
 *   <configuration>                                 an element without a type is a node
 *     <properties>
 *       <name type="string">web01</name>            string, integer (of 64 bits, signed), bool (True, False),
 *       <data type="bytes">AAIA</data>              bytes (base64, in lines)
 *
 * UTF-16 of either order, or UTF-8: what it is, its bytes say, and not the declaration, which in
 * the wild claims UTF-16 for 8-bit text. There is no document type and thus no entity in any
 * configuration, and none is read.
 */
#ifndef HVGEN2_CONVERT_VM_READ_XML_H
#define HVGEN2_CONVERT_VM_READ_XML_H

#include "common/bytes.h"
#include "convert/vm/read/tree.h"

/* Bytes of the text as UTF-8. A configuration has 20 KB, and half a megabyte with 256 disks. */
#define VM_XML_MAX_SIZE (4U << 20)

/*
 * Errors: ERROR_DAMAGED with the line, or the byte for what is no text; -ENOMEM. On failure *ret is
 * untouched.
 */
int vm_xml_read(const struct file_bytes *file, struct vm_tree *ret, struct error *err);

#endif

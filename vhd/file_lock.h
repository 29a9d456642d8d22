/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The locks by which those who open a disk image say what they do with it. Internal to vhd/. */
#ifndef HVGEN2_VHD_FILE_LOCK_H
#define HVGEN2_VHD_FILE_LOCK_H

/*
 * Say that 'fd', open for reading, is read and must not be written meanwhile, until it is closed.
 * Returns 0, also where the file system or the device knows no locks; -EBUSY when somebody may
 * write to it already. Any number of readers get along.
 */
int file_lock_for_reading(int fd);

#endif

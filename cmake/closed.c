/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that does nothing, for a room to be linked into: see room.cmake. */
int main(void)
{
	return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of every known element: see decision.h. From Microsoft's reference of 'bcdedit /set'
 * and of the BCD WMI provider, and from the ACPI tables of the generation 2 firmware: it has
 * processors with their APICs and the ACPI timer, but no PCI bus of a PC, no VGA, no CMOS clock, no
 * interval timer and no keyboard controller.
 *
 * An element goes only when what it speaks of is not there any more, or when it is state of one
 * start. What is in doubt is carried: it is the user's. nointegritychecks says nothing to the boot
 * programs themselves since Windows 7, so only loaders, which hand it to the kernel, are told of.
 */
#include "bcd/decision.h"

#include "bcd/store.h"
#include "common/checked.h"

/* Carried. */
#define FOLLOWS	   "a device: it gets the GPT form"
#define PROGRAM	   "a program: it gets the name of the UEFI one"
#define MENU	   "the menu and its texts: the same under either firmware"
#define REFERENCE  "a reference: it goes only with what it names"
#define MEMORY	   "about memory: the same under either firmware"
#define PROCESSOR  "about processors and their interrupts: both generations have the same"
#define TIMER	   "about timers that both generations have: the ACPI timer, the time stamp counter"
#define CONSOLE	   "about the screen and keyboard, which boot programs ask the firmware for"
#define HYPERVISOR "about the hypervisor: the same under either firmware"
#define TRANSPORT  "how a debugger is reached: means nothing unless one is on"
#define EMS	   "needs a COM port, which either generation has when the host gives it one"
#define LIBRARY	   "about the boot programs: the same under either firmware"
#define SIGNED	   "what Windows trusts: Secure Boot allows it"
#define WINDOWS	   "about Windows: the same under either firmware"
#define FOR_TESTER "of the memory tester"
#define RAM_DISK   "of the RAM disk of a recovery environment"
#define TEMPLATE   "an instruction to the tools that made the entry"

/* Dropped. */
#define BIOS_PROGRAM  "only a BIOS can start it"
#define BIOS_MEMORY   "about memory that a BIOS uses"
#define BIOS_KEYS     "keys of the old machine's BIOS"
#define GRAPHICS      "about BIOS graphics"
#define PCI	      "about the PCI bus of the old machine"
#define PCI_PLACE     "a place on the PCI bus of the old machine"
#define PC_DEVICES    "assumes the devices of a PC, which generation 2 does not have"
#define PC_TIMER      "asks for the timer of a PC, which generation 2 does not have"
#define X86	      "about 32-bit Windows"
#define LAST_SHUTDOWN "state of the last shutdown"
#define ONE_START     "meant for one start only"

/* Carried with a warning. bcdedit refuses to set these while Secure Boot is on. */
#define SECURE_BOOT(effect)                                                                        \
	"while Secure Boot is on, " effect                                                         \
	"; switch Secure Boot off for this VM, or take the setting out with 'bcdedit /deletevalue'"
#define UNSIGNED                                                                                   \
	SECURE_BOOT(                                                                               \
		"it is not honoured, and what needs it (an unsigned driver, say) does not start")
#define DEBUGGER SECURE_BOOT("Windows does not honour it")
#define POLICY	 SECURE_BOOT("only a policy that Microsoft has signed counts")
#define FONTS                                                                                      \
	"the fonts of the EFI system partition are in \\EFI\\Microsoft\\Boot\\Fonts; take the "    \
	"setting out with 'bcdedit /deletevalue' if the boot menu looks wrong"

/* Objects by what their class 2 elements mean, as for their names. */
enum {
	ANY = 0, /* elements of the other classes */
	BOOT_MANAGER = BCD_OBJECT_APPLICATION(BCD_OBJECT_BOOTMGR),
	LOADER = BCD_OBJECT_APPLICATION(BCD_OBJECT_OSLOADER),
	RESUME = BCD_OBJECT_APPLICATION(BCD_OBJECT_RESUME),
	TESTER = BCD_OBJECT_APPLICATION(BCD_OBJECT_MEMDIAG),
	STARTUP = BCD_OBJECT_APPLICATION(BCD_OBJECT_STARTUP),
};

/* clang-format off */
const struct bcd_decision bcd_decisions[] = {
	{ANY, 0x11000001, BCD_CARRIED, FOLLOWS}, /* device */
	{ANY, 0x12000002, BCD_CARRIED, PROGRAM}, /* path */
	{ANY, 0x12000004, BCD_CARRIED, MENU}, /* description */
	{ANY, 0x12000005, BCD_CARRIED, MENU}, /* locale */
	{ANY, 0x14000006, BCD_CARRIED, REFERENCE}, /* inherit */
	{ANY, 0x15000007, BCD_CARRIED, MEMORY}, /* truncatememory */
	{ANY, 0x14000008, BCD_CARRIED, REFERENCE}, /* recoverysequence */
	{ANY, 0x16000009, BCD_CARRIED, REFERENCE}, /* recoveryenabled */
	{ANY, 0x1700000a, BCD_CARRIED, MEMORY}, /* badmemorylist */
	{ANY, 0x1600000b, BCD_CARRIED, MEMORY}, /* badmemoryaccess */
	{ANY, 0x1500000c, BCD_DROPPED, BIOS_MEMORY}, /* firstmegabytepolicy */
	{ANY, 0x1500000d, BCD_CARRIED, MEMORY}, /* relocatephysical */
	{ANY, 0x1500000e, BCD_CARRIED, MEMORY}, /* avoidlowmemory */
	{ANY, 0x1600000f, BCD_CARRIED, MEMORY}, /* traditionalkseg */
	{ANY, 0x16000010, BCD_WARNED, DEBUGGER}, /* bootdebug */
	{ANY, 0x15000011, BCD_CARRIED, TRANSPORT}, /* debugtype */
	{ANY, 0x15000012, BCD_CARRIED, TRANSPORT}, /* debugaddress */
	{ANY, 0x15000013, BCD_CARRIED, TRANSPORT}, /* debugport */
	{ANY, 0x15000014, BCD_CARRIED, TRANSPORT}, /* baudrate */
	{ANY, 0x15000015, BCD_CARRIED, TRANSPORT}, /* channel */
	{ANY, 0x12000016, BCD_CARRIED, TRANSPORT}, /* targetname */
	{ANY, 0x16000017, BCD_CARRIED, TRANSPORT}, /* noumex */
	{ANY, 0x15000018, BCD_CARRIED, TRANSPORT}, /* debugstart */
	{ANY, 0x12000019, BCD_DROPPED, PCI_PLACE}, /* busparams */
	{ANY, 0x1500001a, BCD_CARRIED, TRANSPORT}, /* hostip */
	{ANY, 0x1500001b, BCD_CARRIED, TRANSPORT}, /* port */
	{ANY, 0x1600001c, BCD_CARRIED, TRANSPORT}, /* dhcp */
	{ANY, 0x1200001d, BCD_CARRIED, TRANSPORT}, /* key */
	{ANY, 0x1600001e, BCD_CARRIED, TRANSPORT}, /* vm */
	{ANY, 0x1200001f, BCD_CARRIED, TRANSPORT}, /* hostipv6 */
	{ANY, 0x16000020, BCD_CARRIED, EMS}, /* bootems */
	{ANY, 0x15000022, BCD_CARRIED, EMS}, /* emsport */
	{ANY, 0x15000023, BCD_CARRIED, EMS}, /* emsbaudrate */
	{ANY, 0x12000030, BCD_WARNED, UNSIGNED}, /* loadoptions */
	{ANY, 0x16000031, BCD_CARRIED, LIBRARY}, /* attemptnonbcdstart */
	{ANY, 0x16000040, BCD_CARRIED, MENU}, /* advancedoptions */
	{ANY, 0x16000041, BCD_CARRIED, MENU}, /* optionsedit */
	{ANY, 0x15000042, BCD_CARRIED, LIBRARY}, /* keyringaddress */
	{ANY, 0x11000043, BCD_CARRIED, FOLLOWS}, /* bootstatdevice */
	{ANY, 0x12000044, BCD_CARRIED, LIBRARY}, /* bootstatfilepath */
	{ANY, 0x16000045, BCD_CARRIED, LIBRARY}, /* preservebootstat */
	{ANY, 0x16000046, BCD_DROPPED, GRAPHICS}, /* graphicsmodedisabled */
	{ANY, 0x15000047, BCD_DROPPED, PCI}, /* configaccesspolicy */
	{ANY, 0x16000048, BCD_WARNED_IN_LOADER, UNSIGNED}, /* nointegritychecks */
	{ANY, 0x16000049, BCD_WARNED, UNSIGNED}, /* testsigning */
	{ANY, 0x1200004a, BCD_WARNED, FONTS}, /* fontpath */
	{ANY, 0x1500004b, BCD_CARRIED, SIGNED}, /* integrityservices */
	{ANY, 0x1500004c, BCD_CARRIED, LIBRARY}, /* volumebandid */
	{ANY, 0x16000050, BCD_CARRIED, CONSOLE}, /* extendedinput */
	{ANY, 0x15000051, BCD_CARRIED, CONSOLE}, /* initialconsoleinput */
	{ANY, 0x15000052, BCD_CARRIED, CONSOLE}, /* graphicsresolution */
	{ANY, 0x16000053, BCD_CARRIED, LIBRARY}, /* restartonfailure */
	{ANY, 0x16000054, BCD_CARRIED, CONSOLE}, /* highestmode */
	{ANY, 0x16000060, BCD_CARRIED, LIBRARY}, /* isolatedcontext */
	{ANY, 0x15000065, BCD_CARRIED, MENU}, /* displaymessage */
	{ANY, 0x15000066, BCD_CARRIED, MENU}, /* displaymessageoverride */
	{ANY, 0x16000067, BCD_CARRIED, CONSOLE}, /* nobootuxlogo */
	{ANY, 0x16000068, BCD_CARRIED, CONSOLE}, /* nobootuxtext */
	{ANY, 0x16000069, BCD_CARRIED, CONSOLE}, /* nobootuxprogress */
	{ANY, 0x1600006a, BCD_CARRIED, CONSOLE}, /* nobootuxfade */
	{ANY, 0x1600006c, BCD_CARRIED, CONSOLE}, /* bootuxdisabled */
	{ANY, 0x16000071, BCD_CARRIED, MENU}, /* multibootsystem */
	{ANY, 0x16000072, BCD_CARRIED, CONSOLE}, /* nokeyboard */
	{ANY, 0x15000073, BCD_CARRIED, CONSOLE}, /* aliaswindowskey */
	{ANY, 0x16000074, BCD_CARRIED, LIBRARY}, /* bootshutdowndisabled */
	{ANY, 0x15000075, BCD_CARRIED, LIBRARY}, /* performancefrequency */
	{ANY, 0x15000076, BCD_WARNED, POLICY}, /* securebootrawpolicy */
	{ANY, 0x17000077, BCD_CARRIED, LIBRARY}, /* allowedinmemorysettings */
	{ANY, 0x15000079, BCD_CARRIED, CONSOLE}, /* bootuxtransitiontime */
	{ANY, 0x1600007a, BCD_CARRIED, CONSOLE}, /* mobilegraphics */
	{ANY, 0x1600007b, BCD_CARRIED, SIGNED}, /* forcefipscrypto */
	{ANY, 0x1500007d, BCD_CARRIED, MENU}, /* booterrorux */
	{ANY, 0x1600007e, BCD_CARRIED, SIGNED}, /* flightsigning */
	{ANY, 0x1500007f, BCD_CARRIED, LIBRARY}, /* measuredbootlogformat */
	{ANY, 0x15000080, BCD_CARRIED, CONSOLE}, /* displayrotation */
	{ANY, 0x15000081, BCD_CARRIED, LIBRARY}, /* logcontrol */
	{ANY, 0x16000082, BCD_CARRIED, LIBRARY}, /* nofirmwaresync */
	{ANY, 0x11000084, BCD_CARRIED, FOLLOWS}, /* windowssyspart */
	{ANY, 0x16000087, BCD_CARRIED, CONSOLE}, /* numlock */
	{ANY, 0x12000088, BCD_CARRIED, SIGNED}, /* additionalcipolicy */
	{ANY, 0x15000088, BCD_CARRIED, PROCESSOR}, /* linearaddress57 */
	{BOOT_MANAGER, 0x24000001, BCD_CARRIED, MENU}, /* displayorder */
	{BOOT_MANAGER, 0x24000002, BCD_DROPPED, ONE_START}, /* bootsequence */
	{BOOT_MANAGER, 0x23000003, BCD_CARRIED, MENU}, /* default */
	{BOOT_MANAGER, 0x25000004, BCD_CARRIED, MENU}, /* timeout */
	{BOOT_MANAGER, 0x26000005, BCD_DROPPED, LAST_SHUTDOWN}, /* resume */
	{BOOT_MANAGER, 0x23000006, BCD_CARRIED, MENU}, /* resumeobject */
	{BOOT_MANAGER, 0x24000007, BCD_CARRIED, REFERENCE}, /* startupsequence */
	{BOOT_MANAGER, 0x24000010, BCD_CARRIED, MENU}, /* toolsdisplayorder */
	{BOOT_MANAGER, 0x26000020, BCD_CARRIED, MENU}, /* displaybootmenu */
	{BOOT_MANAGER, 0x26000021, BCD_CARRIED, MENU}, /* noerrordisplay */
	{BOOT_MANAGER, 0x21000022, BCD_CARRIED, FOLLOWS}, /* bcddevice */
	{BOOT_MANAGER, 0x22000023, BCD_CARRIED, PROGRAM}, /* bcdfilepath */
	{BOOT_MANAGER, 0x26000024, BCD_CARRIED, LIBRARY}, /* hormenabled */
	{BOOT_MANAGER, 0x26000025, BCD_DROPPED, LAST_SHUTDOWN}, /* hiberboot */
	{BOOT_MANAGER, 0x22000026, BCD_CARRIED, LIBRARY}, /* passwordoverride */
	{BOOT_MANAGER, 0x22000027, BCD_CARRIED, LIBRARY}, /* pinpassphraseoverride */
	{BOOT_MANAGER, 0x26000028, BCD_DROPPED, BIOS_KEYS}, /* processcustomactionsfirst */
	{BOOT_MANAGER, 0x27000030, BCD_DROPPED, BIOS_KEYS}, /* customactions */
	{BOOT_MANAGER, 0x26000031, BCD_DROPPED, ONE_START}, /* persistbootsequence */
	{BOOT_MANAGER, 0x26000032, BCD_CARRIED, REFERENCE}, /* skipstartupsequence */
	{LOADER, 0x21000001, BCD_CARRIED, FOLLOWS}, /* osdevice */
	{LOADER, 0x21000138, BCD_CARRIED, FOLLOWS}, /* imcdevice */
	{LOADER, 0x21000150, BCD_CARRIED, FOLLOWS}, /* systemdatadevice */
	{LOADER, 0x21000151, BCD_CARRIED, FOLLOWS}, /* osarcdevice */
	{LOADER, 0x21000153, BCD_CARRIED, FOLLOWS}, /* osdatadevice */
	{LOADER, 0x21000154, BCD_CARRIED, FOLLOWS}, /* bspdevice */
	{LOADER, 0x21000155, BCD_CARRIED, WINDOWS}, /* bspfilepath */
	{LOADER, 0x22000002, BCD_CARRIED, WINDOWS}, /* systemroot */
	{LOADER, 0x22000011, BCD_CARRIED, WINDOWS}, /* kernel */
	{LOADER, 0x22000012, BCD_CARRIED, WINDOWS}, /* hal */
	{LOADER, 0x22000013, BCD_CARRIED, TRANSPORT}, /* dbgtransport */
	{LOADER, 0x220000f8, BCD_CARRIED, HYPERVISOR}, /* hypervisordisableslat */
	{LOADER, 0x220000f9, BCD_DROPPED, PCI_PLACE}, /* hypervisorbusparams */
	{LOADER, 0x22000110, BCD_CARRIED, TRANSPORT}, /* hypervisorusekey */
	{LOADER, 0x22000112, BCD_CARRIED, HYPERVISOR}, /* hypervisorproductskutype */
	{LOADER, 0x22000117, BCD_CARRIED, HYPERVISOR}, /* hypervisorloadoptions */
	{LOADER, 0x2200011b, BCD_CARRIED, HYPERVISOR}, /* hypervisorrootprocnumanodes */
	{LOADER, 0x2200011e, BCD_CARRIED, HYPERVISOR}, /* hypervisorrootprocnumanodelps */
	{LOADER, 0x2200012d, BCD_DROPPED, PCI_PLACE}, /* kernelbusparams */
	{LOADER, 0x22000132, BCD_CARRIED, TRANSPORT}, /* kerneltargetname */
	{LOADER, 0x22000136, BCD_CARRIED, TRANSPORT}, /* kernelkey */
	{LOADER, 0x22000137, BCD_CARRIED, WINDOWS}, /* imchivename */
	{LOADER, 0x22000140, BCD_CARRIED, WINDOWS}, /* mfgmode */
	{LOADER, 0x23000003, BCD_CARRIED, MENU}, /* resumeobject */
	{LOADER, 0x25000020, BCD_CARRIED, PROCESSOR}, /* nx */
	{LOADER, 0x25000021, BCD_DROPPED, X86}, /* pae */
	{LOADER, 0x25000031, BCD_CARRIED, MEMORY}, /* removememory */
	{LOADER, 0x25000032, BCD_DROPPED, X86}, /* increaseuserva */
	{LOADER, 0x25000033, BCD_CARRIED, MEMORY}, /* perfmem */
	{LOADER, 0x25000050, BCD_CARRIED, PROCESSOR}, /* clustermodeaddressing */
	{LOADER, 0x25000052, BCD_CARRIED, PROCESSOR}, /* restrictapiccluster */
	{LOADER, 0x25000055, BCD_CARRIED, PROCESSOR}, /* x2apicpolicy */
	{LOADER, 0x25000061, BCD_CARRIED, PROCESSOR}, /* numproc */
	{LOADER, 0x25000063, BCD_CARRIED, PROCESSOR}, /* configflags */
	{LOADER, 0x25000066, BCD_CARRIED, PROCESSOR}, /* groupsize */
	{LOADER, 0x25000071, BCD_DROPPED, PCI}, /* msi */
	{LOADER, 0x25000072, BCD_DROPPED, PCI}, /* pciexpress */
	{LOADER, 0x25000080, BCD_CARRIED, WINDOWS}, /* safeboot */
	{LOADER, 0x250000a6, BCD_CARRIED, TIMER}, /* tscsyncpolicy */
	{LOADER, 0x250000c0, BCD_CARRIED, WINDOWS}, /* forcefailure */
	{LOADER, 0x250000c1, BCD_CARRIED, WINDOWS}, /* driverloadfailurepolicy */
	{LOADER, 0x250000c2, BCD_CARRIED, MENU}, /* bootmenupolicy */
	{LOADER, 0x250000e0, BCD_CARRIED, WINDOWS}, /* bootstatuspolicy */
	{LOADER, 0x250000f0, BCD_CARRIED, HYPERVISOR}, /* hypervisorlaunchtype */
	{LOADER, 0x250000f1, BCD_CARRIED, HYPERVISOR}, /* hypervisorpath */
	{LOADER, 0x250000f3, BCD_CARRIED, TRANSPORT}, /* hypervisordebugtype */
	{LOADER, 0x250000f4, BCD_CARRIED, TRANSPORT}, /* hypervisordebugport */
	{LOADER, 0x250000f5, BCD_CARRIED, TRANSPORT}, /* hypervisorbaudrate */
	{LOADER, 0x250000f6, BCD_CARRIED, TRANSPORT}, /* hypervisorchannel */
	{LOADER, 0x250000f7, BCD_CARRIED, CONSOLE}, /* bootux */
	{LOADER, 0x250000fa, BCD_CARRIED, HYPERVISOR}, /* hypervisornumproc */
	{LOADER, 0x250000fb, BCD_CARRIED, HYPERVISOR}, /* hypervisorrootprocpernode */
	{LOADER, 0x250000fd, BCD_CARRIED, TRANSPORT}, /* hypervisorhostip */
	{LOADER, 0x250000fe, BCD_CARRIED, TRANSPORT}, /* hypervisorhostport */
	{LOADER, 0x250000ff, BCD_CARRIED, TRANSPORT}, /* hypervisordebugpages */
	{LOADER, 0x25000100, BCD_CARRIED, WINDOWS}, /* tpmbootentropy */
	{LOADER, 0x25000113, BCD_CARRIED, HYPERVISOR}, /* hypervisorrootproc */
	{LOADER, 0x25000115, BCD_CARRIED, HYPERVISOR}, /* hypervisoriommupolicy */
	{LOADER, 0x25000118, BCD_CARRIED, HYPERVISOR}, /* hypervisormsrfilterpolicy */
	{LOADER, 0x25000119, BCD_CARRIED, HYPERVISOR}, /* hypervisormmionxpolicy */
	{LOADER, 0x2500011a, BCD_CARRIED, HYPERVISOR}, /* hypervisorschedulertype */
	{LOADER, 0x2500011c, BCD_CARRIED, HYPERVISOR}, /* hypervisorperfmon */
	{LOADER, 0x2500011d, BCD_CARRIED, HYPERVISOR}, /* hypervisorrootprocpercore */
	{LOADER, 0x25000120, BCD_CARRIED, PROCESSOR}, /* xsavepolicy */
	{LOADER, 0x25000121, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature0 */
	{LOADER, 0x25000122, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature1 */
	{LOADER, 0x25000123, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature2 */
	{LOADER, 0x25000124, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature3 */
	{LOADER, 0x25000125, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature4 */
	{LOADER, 0x25000126, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature5 */
	{LOADER, 0x25000127, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature6 */
	{LOADER, 0x25000128, BCD_CARRIED, PROCESSOR}, /* xsaveaddfeature7 */
	{LOADER, 0x25000129, BCD_CARRIED, PROCESSOR}, /* xsaveremovefeature */
	{LOADER, 0x2500012a, BCD_CARRIED, PROCESSOR}, /* xsaveprocessorsmask */
	{LOADER, 0x2500012b, BCD_CARRIED, PROCESSOR}, /* xsavedisable */
	{LOADER, 0x2500012c, BCD_CARRIED, TRANSPORT}, /* kerneldebugtype */
	{LOADER, 0x2500012e, BCD_CARRIED, TRANSPORT}, /* kerneldebugaddress */
	{LOADER, 0x2500012f, BCD_CARRIED, TRANSPORT}, /* kerneldebugport */
	{LOADER, 0x25000130, BCD_CARRIED, WINDOWS}, /* claimedtpmcounter */
	{LOADER, 0x25000131, BCD_CARRIED, TRANSPORT}, /* kernelchannel */
	{LOADER, 0x25000133, BCD_CARRIED, TRANSPORT}, /* kernelhostip */
	{LOADER, 0x25000134, BCD_CARRIED, TRANSPORT}, /* kernelport */
	{LOADER, 0x25000139, BCD_CARRIED, TRANSPORT}, /* kernelbaudrate */
	{LOADER, 0x25000142, BCD_CARRIED, SIGNED}, /* vsmlaunchtype */
	{LOADER, 0x25000144, BCD_CARRIED, SIGNED}, /* hypervisorenforcedcodeintegrity */
	{LOADER, 0x26000004, BCD_CARRIED, WINDOWS}, /* stampdisks */
	{LOADER, 0x26000010, BCD_CARRIED, WINDOWS}, /* detecthal */
	{LOADER, 0x26000022, BCD_CARRIED, WINDOWS}, /* winpe */
	{LOADER, 0x26000024, BCD_CARRIED, WINDOWS}, /* nocrashautoreboot */
	{LOADER, 0x26000025, BCD_CARRIED, WINDOWS}, /* lastknowngood */
	{LOADER, 0x26000026, BCD_WARNED, UNSIGNED}, /* oslnointegritychecks */
	{LOADER, 0x26000027, BCD_WARNED, UNSIGNED}, /* osltestsigning */
	{LOADER, 0x26000030, BCD_CARRIED, MEMORY}, /* nolowmem */
	{LOADER, 0x26000040, BCD_DROPPED, GRAPHICS}, /* vga */
	{LOADER, 0x26000041, BCD_CARRIED, CONSOLE}, /* quietboot */
	{LOADER, 0x26000042, BCD_DROPPED, GRAPHICS}, /* novesa */
	{LOADER, 0x26000043, BCD_DROPPED, GRAPHICS}, /* novga */
	{LOADER, 0x26000051, BCD_CARRIED, PROCESSOR}, /* usephysicaldestination */
	{LOADER, 0x26000054, BCD_CARRIED, PROCESSOR}, /* uselegacyapicmode */
	{LOADER, 0x26000060, BCD_CARRIED, PROCESSOR}, /* onecpu */
	{LOADER, 0x26000062, BCD_CARRIED, PROCESSOR}, /* maxproc */
	{LOADER, 0x26000064, BCD_CARRIED, PROCESSOR}, /* maxgroup */
	{LOADER, 0x26000065, BCD_CARRIED, PROCESSOR}, /* groupaware */
	{LOADER, 0x26000070, BCD_DROPPED, PCI}, /* usefirmwarepcisettings */
	{LOADER, 0x26000081, BCD_CARRIED, WINDOWS}, /* safebootalternateshell */
	{LOADER, 0x26000090, BCD_CARRIED, WINDOWS}, /* bootlog */
	{LOADER, 0x26000091, BCD_CARRIED, CONSOLE}, /* sos */
	{LOADER, 0x260000a0, BCD_WARNED, DEBUGGER}, /* debug */
	{LOADER, 0x260000a1, BCD_WARNED, DEBUGGER}, /* halbreakpoint */
	{LOADER, 0x260000a2, BCD_CARRIED, TIMER}, /* useplatformclock */
	{LOADER, 0x260000a3, BCD_DROPPED, PC_DEVICES}, /* forcelegacyplatform */
	{LOADER, 0x260000a4, BCD_DROPPED, PC_TIMER}, /* useplatformtick */
	{LOADER, 0x260000a5, BCD_CARRIED, TIMER}, /* disabledynamictick */
	{LOADER, 0x260000b0, BCD_CARRIED, EMS}, /* ems */
	{LOADER, 0x260000c3, BCD_DROPPED, ONE_START}, /* onetimeadvancedoptions */
	{LOADER, 0x260000c4, BCD_DROPPED, ONE_START}, /* onetimeoptionsedit */
	{LOADER, 0x260000e1, BCD_CARRIED, SIGNED}, /* disableelamdrivers */
	{LOADER, 0x260000f2, BCD_WARNED, DEBUGGER}, /* hypervisordebug */
	{LOADER, 0x260000fc, BCD_CARRIED, HYPERVISOR}, /* hypervisoruselargevtlb */
	{LOADER, 0x26000114, BCD_CARRIED, TRANSPORT}, /* hypervisordhcp */
	{LOADER, 0x26000116, BCD_CARRIED, HYPERVISOR}, /* hypervisorusevapic */
	{LOADER, 0x26000135, BCD_CARRIED, TRANSPORT}, /* kerneldhcp */
	{LOADER, 0x26000141, BCD_WARNED, DEBUGGER}, /* event */
	{LOADER, 0x26000145, BCD_CARRIED, WINDOWS}, /* dtrace */
	{RESUME, 0x21000001, BCD_CARRIED, FOLLOWS}, /* filedevice */
	{RESUME, 0x22000002, BCD_CARRIED, WINDOWS}, /* filepath */
	{RESUME, 0x26000003, BCD_CARRIED, WINDOWS}, /* customsettings */
	{RESUME, 0x26000004, BCD_DROPPED, X86}, /* pae */
	{RESUME, 0x21000005, BCD_CARRIED, FOLLOWS}, /* associatedosdevice */
	{RESUME, 0x26000006, BCD_WARNED, DEBUGGER}, /* debugoptionenabled */
	{RESUME, 0x25000008, BCD_CARRIED, MENU}, /* bootmenupolicy */
	{TESTER, 0x25000001, BCD_CARRIED, FOR_TESTER}, /* passcount */
	{TESTER, 0x25000003, BCD_CARRIED, FOR_TESTER}, /* failurecount */
	{STARTUP, 0x26000001, BCD_DROPPED, BIOS_PROGRAM}, /* pxesoftreboot */
	{STARTUP, 0x22000002, BCD_DROPPED, BIOS_PROGRAM}, /* applicationname */
	{ANY, 0x35000001, BCD_CARRIED, RAM_DISK}, /* ramdiskimageoffset */
	{ANY, 0x35000002, BCD_CARRIED, RAM_DISK}, /* ramdisktftpclientport */
	{ANY, 0x31000003, BCD_CARRIED, FOLLOWS}, /* ramdisksdidevice */
	{ANY, 0x32000004, BCD_CARRIED, RAM_DISK}, /* ramdisksdipath */
	{ANY, 0x35000005, BCD_CARRIED, RAM_DISK}, /* ramdiskimagelength */
	{ANY, 0x36000006, BCD_CARRIED, RAM_DISK}, /* exportascd */
	{ANY, 0x35000007, BCD_CARRIED, RAM_DISK}, /* ramdisktftpblocksize */
	{ANY, 0x35000008, BCD_CARRIED, RAM_DISK}, /* ramdisktftpwindowsize */
	{ANY, 0x36000009, BCD_CARRIED, RAM_DISK}, /* ramdiskmcenabled */
	{ANY, 0x3600000a, BCD_CARRIED, RAM_DISK}, /* ramdiskmctftpfallback */
	{ANY, 0x3600000b, BCD_CARRIED, RAM_DISK}, /* ramdisktftpvarwindow */
	{ANY, 0x45000001, BCD_CARRIED, TEMPLATE}, /* devicetype */
	{ANY, 0x42000002, BCD_CARRIED, TEMPLATE}, /* applicationrelativepath */
	{ANY, 0x42000003, BCD_CARRIED, TEMPLATE}, /* ramdiskdevicerelativepath */
	{ANY, 0x46000004, BCD_CARRIED, TEMPLATE}, /* omitosloaderelements */
	{ANY, 0x47000006, BCD_CARRIED, TEMPLATE}, /* elementstomigrate */
	{ANY, 0x46000010, BCD_CARRIED, TEMPLATE}, /* recoveryos */
};
/* clang-format on */

const size_t bcd_decision_count = ARRAY_SIZE(bcd_decisions);

static uint32_t meaning(uint32_t object_type, uint32_t code)
{
	uint32_t application = BCD_OBJECT_APPLICATION(object_type);

	if (BCD_ELEMENT_CLASS(code) != 2)
		return ANY;
	if (application == BCD_OBJECT_APPLICATION(BCD_OBJECT_FWBOOTMGR))
		return BOOT_MANAGER;
	return application == 0 ? (uint32_t)LOADER : application;
}

const struct bcd_decision *bcd_decide(uint32_t object_type, uint32_t code)
{
	uint32_t application = meaning(object_type, code);

	for (size_t i = 0; i < bcd_decision_count; i++)
		if (bcd_decisions[i].code == code && bcd_decisions[i].application == application)
			return &bcd_decisions[i];
	return NULL;
}

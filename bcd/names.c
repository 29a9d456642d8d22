/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What things in a boot store are called: the names bcdedit prints, where it has one. Codes and
 * formats are from public headers of the BCD interface and from real stores; an element that is not
 * here is printed as "custom:XXXXXXXX", as bcdedit does.
 */
#include "bcd/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bcd/store.h"
#include "common/checked.h"

struct name {
	uint32_t code;
	const char *text;
};

/* Class 1: every application. */
static const struct name library[] = {
	{0x11000001, "device"},
	{0x12000002, "path"},
	{0x12000004, "description"},
	{0x12000005, "locale"},
	{0x14000006, "inherit"},
	{0x15000007, "truncatememory"},
	{0x14000008, "recoverysequence"},
	{0x16000009, "recoveryenabled"},
	{0x1700000a, "badmemorylist"},
	{0x1600000b, "badmemoryaccess"},
	{0x1500000c, "firstmegabytepolicy"},
	{0x1500000d, "relocatephysical"},
	{0x1500000e, "avoidlowmemory"},
	{0x1600000f, "traditionalkseg"},
	{0x16000010, "bootdebug"},
	{0x15000011, "debugtype"},
	{0x15000012, "debugaddress"},
	{0x15000013, "debugport"},
	{0x15000014, "baudrate"},
	{0x15000015, "channel"},
	{0x12000016, "targetname"},
	{0x16000017, "noumex"},
	{0x15000018, "debugstart"},
	{0x12000019, "busparams"},
	{0x1500001a, "hostip"},
	{0x1500001b, "port"},
	{0x1600001c, "dhcp"},
	{0x1200001d, "key"},
	{0x1600001e, "vm"},
	{0x1200001f, "hostipv6"},
	{0x16000020, "bootems"},
	{0x15000022, "emsport"},
	{0x15000023, "emsbaudrate"},
	{0x12000030, "loadoptions"},
	{0x16000031, "attemptnonbcdstart"},
	{0x16000040, "advancedoptions"},
	{0x16000041, "optionsedit"},
	{0x15000042, "keyringaddress"},
	{0x11000043, "bootstatdevice"},
	{0x12000044, "bootstatfilepath"},
	{0x16000045, "preservebootstat"},
	{0x16000046, "graphicsmodedisabled"},
	{0x15000047, "configaccesspolicy"},
	{0x16000048, "nointegritychecks"},
	{0x16000049, "testsigning"},
	{0x1200004a, "fontpath"},
	{0x1500004b, "integrityservices"},
	{0x1500004c, "volumebandid"},
	{0x16000050, "extendedinput"},
	{0x15000051, "initialconsoleinput"},
	{0x15000052, "graphicsresolution"},
	{0x16000053, "restartonfailure"},
	{0x16000054, "highestmode"},
	{0x16000060, "isolatedcontext"},
	{0x15000065, "displaymessage"},
	{0x15000066, "displaymessageoverride"},
	{0x16000067, "nobootuxlogo"},
	{0x16000068, "nobootuxtext"},
	{0x16000069, "nobootuxprogress"},
	{0x1600006a, "nobootuxfade"},
	{0x1600006c, "bootuxdisabled"},
	{0x16000071, "multibootsystem"},
	{0x16000072, "nokeyboard"},
	{0x15000073, "aliaswindowskey"},
	{0x16000074, "bootshutdowndisabled"},
	{0x15000075, "performancefrequency"},
	{0x15000076, "securebootrawpolicy"},
	{0x17000077, "allowedinmemorysettings"},
	{0x15000079, "bootuxtransitiontime"},
	{0x1600007a, "mobilegraphics"},
	{0x1600007b, "forcefipscrypto"},
	{0x1500007d, "booterrorux"},
	{0x1600007e, "flightsigning"},
	{0x1500007f, "measuredbootlogformat"},
	{0x15000080, "displayrotation"},
	{0x15000081, "logcontrol"},
	{0x16000082, "nofirmwaresync"},
	{0x11000084, "windowssyspart"},
	{0x16000087, "numlock"},
	{0x12000088, "additionalcipolicy"},
	{0x15000088, "linearaddress57"},
};

/* Class 2 in the two boot managers. */
static const struct name bootmgr[] = {
	{0x24000001, "displayorder"},
	{0x24000002, "bootsequence"},
	{0x23000003, "default"},
	{0x25000004, "timeout"},
	{0x26000005, "resume"},
	{0x23000006, "resumeobject"},
	{0x24000007, "startupsequence"},
	{0x24000010, "toolsdisplayorder"},
	{0x26000020, "displaybootmenu"},
	{0x26000021, "noerrordisplay"},
	{0x21000022, "bcddevice"},
	{0x22000023, "bcdfilepath"},
	{0x26000024, "hormenabled"},
	{0x26000025, "hiberboot"},
	{0x22000026, "passwordoverride"},
	{0x22000027, "pinpassphraseoverride"},
	{0x26000028, "processcustomactionsfirst"},
	{0x27000030, "customactions"},
	{0x26000031, "persistbootsequence"},
	{0x26000032, "skipstartupsequence"},
};

/* Class 2 in loaders, and in settings that loaders inherit. */
static const struct name osloader[] = {
	{0x21000001, "osdevice"},
	{0x21000138, "imcdevice"},
	{0x21000150, "systemdatadevice"},
	{0x21000151, "osarcdevice"},
	{0x21000153, "osdatadevice"},
	{0x21000154, "bspdevice"},
	{0x21000155, "bspfilepath"},
	{0x22000002, "systemroot"},
	{0x22000011, "kernel"},
	{0x22000012, "hal"},
	{0x22000013, "dbgtransport"},
	{0x220000f8, "hypervisordisableslat"},
	{0x220000f9, "hypervisorbusparams"},
	{0x22000110, "hypervisorusekey"},
	{0x22000112, "hypervisorproductskutype"},
	{0x22000117, "hypervisorloadoptions"},
	{0x2200011b, "hypervisorrootprocnumanodes"},
	{0x2200011e, "hypervisorrootprocnumanodelps"},
	{0x2200012d, "kernelbusparams"},
	{0x22000132, "kerneltargetname"},
	{0x22000136, "kernelkey"},
	{0x22000137, "imchivename"},
	{0x22000140, "mfgmode"},
	{0x23000003, "resumeobject"},
	{0x25000020, "nx"},
	{0x25000021, "pae"},
	{0x25000031, "removememory"},
	{0x25000032, "increaseuserva"},
	{0x25000033, "perfmem"},
	{0x25000050, "clustermodeaddressing"},
	{0x25000052, "restrictapiccluster"},
	{0x25000055, "x2apicpolicy"},
	{0x25000061, "numproc"},
	{0x25000063, "configflags"},
	{0x25000066, "groupsize"},
	{0x25000071, "msi"},
	{0x25000072, "pciexpress"},
	{0x25000080, "safeboot"},
	{0x250000a6, "tscsyncpolicy"},
	{0x250000c0, "forcefailure"},
	{0x250000c1, "driverloadfailurepolicy"},
	{0x250000c2, "bootmenupolicy"},
	{0x250000e0, "bootstatuspolicy"},
	{0x250000f0, "hypervisorlaunchtype"},
	{0x250000f1, "hypervisorpath"},
	{0x250000f3, "hypervisordebugtype"},
	{0x250000f4, "hypervisordebugport"},
	{0x250000f5, "hypervisorbaudrate"},
	{0x250000f6, "hypervisorchannel"},
	{0x250000f7, "bootux"},
	{0x250000fa, "hypervisornumproc"},
	{0x250000fb, "hypervisorrootprocpernode"},
	{0x250000fd, "hypervisorhostip"},
	{0x250000fe, "hypervisorhostport"},
	{0x250000ff, "hypervisordebugpages"},
	{0x25000100, "tpmbootentropy"},
	{0x25000113, "hypervisorrootproc"},
	{0x25000115, "hypervisoriommupolicy"},
	{0x25000118, "hypervisormsrfilterpolicy"},
	{0x25000119, "hypervisormmionxpolicy"},
	{0x2500011a, "hypervisorschedulertype"},
	{0x2500011c, "hypervisorperfmon"},
	{0x2500011d, "hypervisorrootprocpercore"},
	{0x25000120, "xsavepolicy"},
	{0x25000121, "xsaveaddfeature0"},
	{0x25000122, "xsaveaddfeature1"},
	{0x25000123, "xsaveaddfeature2"},
	{0x25000124, "xsaveaddfeature3"},
	{0x25000125, "xsaveaddfeature4"},
	{0x25000126, "xsaveaddfeature5"},
	{0x25000127, "xsaveaddfeature6"},
	{0x25000128, "xsaveaddfeature7"},
	{0x25000129, "xsaveremovefeature"},
	{0x2500012a, "xsaveprocessorsmask"},
	{0x2500012b, "xsavedisable"},
	{0x2500012c, "kerneldebugtype"},
	{0x2500012e, "kerneldebugaddress"},
	{0x2500012f, "kerneldebugport"},
	{0x25000130, "claimedtpmcounter"},
	{0x25000131, "kernelchannel"},
	{0x25000133, "kernelhostip"},
	{0x25000134, "kernelport"},
	{0x25000139, "kernelbaudrate"},
	{0x25000142, "vsmlaunchtype"},
	{0x25000144, "hypervisorenforcedcodeintegrity"},
	{0x26000004, "stampdisks"},
	{0x26000010, "detecthal"},
	{0x26000022, "winpe"},
	{0x26000024, "nocrashautoreboot"},
	{0x26000025, "lastknowngood"},
	{0x26000026, "oslnointegritychecks"},
	{0x26000027, "osltestsigning"},
	{0x26000030, "nolowmem"},
	{0x26000040, "vga"},
	{0x26000041, "quietboot"},
	{0x26000042, "novesa"},
	{0x26000043, "novga"},
	{0x26000051, "usephysicaldestination"},
	{0x26000054, "uselegacyapicmode"},
	{0x26000060, "onecpu"},
	{0x26000062, "maxproc"},
	{0x26000064, "maxgroup"},
	{0x26000065, "groupaware"},
	{0x26000070, "usefirmwarepcisettings"},
	{0x26000081, "safebootalternateshell"},
	{0x26000090, "bootlog"},
	{0x26000091, "sos"},
	{0x260000a0, "debug"},
	{0x260000a1, "halbreakpoint"},
	{0x260000a2, "useplatformclock"},
	{0x260000a3, "forcelegacyplatform"},
	{0x260000a4, "useplatformtick"},
	{0x260000a5, "disabledynamictick"},
	{0x260000b0, "ems"},
	{0x260000c3, "onetimeadvancedoptions"},
	{0x260000c4, "onetimeoptionsedit"},
	{0x260000e1, "disableelamdrivers"},
	{0x260000f2, "hypervisordebug"},
	{0x260000fc, "hypervisoruselargevtlb"},
	{0x26000114, "hypervisordhcp"},
	{0x26000116, "hypervisorusevapic"},
	{0x26000135, "kerneldhcp"},
	{0x26000141, "event"},
	{0x26000145, "dtrace"},
};

/* Class 2 in resume objects. */
static const struct name resume[] = {
	{0x21000001, "filedevice"},	    {0x22000002, "filepath"},
	{0x26000003, "customsettings"},	    {0x26000004, "pae"},
	{0x21000005, "associatedosdevice"}, {0x26000006, "debugoptionenabled"},
	{0x25000008, "bootmenupolicy"},
};

/* Class 2 in the memory tester. */
static const struct name memdiag[] = {
	{0x25000001, "passcount"},
	{0x25000003, "failurecount"},
};

/* Class 2 in startup programs of a BIOS. */
static const struct name startup[] = {
	{0x26000001, "pxesoftreboot"},
	{0x22000002, "applicationname"},
};

/* Class 3. */
static const struct name device[] = {
	{0x35000001, "ramdiskimageoffset"},   {0x35000002, "ramdisktftpclientport"},
	{0x31000003, "ramdisksdidevice"},     {0x32000004, "ramdisksdipath"},
	{0x35000005, "ramdiskimagelength"},   {0x36000006, "exportascd"},
	{0x35000007, "ramdisktftpblocksize"}, {0x35000008, "ramdisktftpwindowsize"},
	{0x36000009, "ramdiskmcenabled"},     {0x3600000a, "ramdiskmctftpfallback"},
	{0x3600000b, "ramdisktftpvarwindow"},
};

/* Class 4. */
static const struct name template[] = {
	{0x45000001, "devicetype"},
	{0x42000002, "applicationrelativepath"},
	{0x42000003, "ramdiskdevicerelativepath"},
	{0x46000004, "omitosloaderelements"},
	{0x47000006, "elementstomigrate"},
	{0x46000010, "recoveryos"},
};

static const char *find_name(const struct name *table, size_t count, uint32_t code)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].code == code)
			return table[i].text;
	return NULL;
}

#define FIND(table, code) find_name(table, ARRAY_SIZE(table), code)

/* Class 2: by the application that the object, or the objects which inherit from it, start. */
static const char *application_name(uint32_t object_type, uint32_t code)
{
	switch (BCD_OBJECT_APPLICATION(object_type)) {
	case BCD_OBJECT_APPLICATION(BCD_OBJECT_FWBOOTMGR):
	case BCD_OBJECT_APPLICATION(BCD_OBJECT_BOOTMGR):
		return FIND(bootmgr, code);
	case BCD_OBJECT_APPLICATION(BCD_OBJECT_RESUME):
		return FIND(resume, code);
	case BCD_OBJECT_APPLICATION(BCD_OBJECT_MEMDIAG):
		return FIND(memdiag, code);
	case BCD_OBJECT_APPLICATION(BCD_OBJECT_STARTUP):
		return FIND(startup, code);
	case BCD_OBJECT_APPLICATION(BCD_OBJECT_OSLOADER):
	case 0: /* settings for any application */
		return FIND(osloader, code);
	default:
		return NULL;
	}
}

const char *bcd_element_name(uint32_t object_type, uint32_t code)
{
	switch (BCD_ELEMENT_CLASS(code)) {
	case 1:
		return FIND(library, code);
	case 2:
		return application_name(object_type, code);
	case 3:
		return FIND(device, code);
	case 4:
		return FIND(template, code);
	default:
		return NULL;
	}
}

const char *bcd_element_label(uint32_t object_type, uint32_t code, char buffer[BCD_NAME_SIZE])
{
	const char *name = bcd_element_name(object_type, code);

	if (name)
		return name;
	snprintf(buffer, BCD_NAME_SIZE, "custom:%08" PRIx32, code);
	return buffer;
}

bool bcd_known_element(size_t index, struct bcd_known_element *ret)
{
	static const struct {
		uint32_t object_type;
		const struct name *names;
		size_t count;
	} tables[] = {
		{BCD_OBJECT_OSLOADER, library, ARRAY_SIZE(library)},
		{BCD_OBJECT_BOOTMGR, bootmgr, ARRAY_SIZE(bootmgr)},
		{BCD_OBJECT_OSLOADER, osloader, ARRAY_SIZE(osloader)},
		{BCD_OBJECT_RESUME, resume, ARRAY_SIZE(resume)},
		{BCD_OBJECT_MEMDIAG, memdiag, ARRAY_SIZE(memdiag)},
		{BCD_OBJECT_STARTUP, startup, ARRAY_SIZE(startup)},
		{BCD_OBJECT_DEVICE, device, ARRAY_SIZE(device)},
		{BCD_OBJECT_OSLOADER, template, ARRAY_SIZE(template)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (index < tables[i].count) {
			*ret = (struct bcd_known_element){tables[i].object_type,
							  tables[i].names[index].code,
							  tables[i].names[index].text};
			return true;
		}
		index -= tables[i].count;
	}
	return false;
}

struct known {
	const char *id, *alias, *heading;
};

static const struct known *known_object(const struct guid *id)
{
	static const struct known table[] = {
		{"9dea862c-5cdd-4e70-acc1-f32b344d4795", "{bootmgr}", NULL},
		{"a5a30fa2-3d06-4e9f-b5f4-a01df9d1fcba", "{fwbootmgr}", NULL},
		{"b2721d73-1db4-4c62-bf78-c548a880142d", "{memdiag}", NULL},
		{"466f5a88-0af2-4f76-9038-095b170dc21c", "{ntldr}", NULL},
		{"5189b25c-5558-4bf2-bca4-289b11bd29e2", "{badmemory}", "RAM Defects"},
		{"6efb52bf-1766-41db-a6b3-0ee5eff72bd7", "{bootloadersettings}",
		 "Boot Loader Settings"},
		{"4636856e-540f-4170-a130-a84776f4c654", "{dbgsettings}", "Debugger Settings"},
		{"0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9", "{emssettings}", "EMS Settings"},
		{"7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e", "{globalsettings}", "Global Settings"},
		{"1afa9c49-16ab-4a5c-901b-212802da9460", "{resumeloadersettings}",
		 "Resume Loader Settings"},
		{"7ff607e0-4395-11db-b0de-0800200c9a66", "{hypervisorsettings}",
		 "Hypervisor Settings"},
		{"313e8eed-7098-4586-a9bf-309c61f8d449", "{kerneldbgsettings}",
		 "Kernel Debugger Settings"},
		{"ae5534e0-a924-466c-b836-758539a3ee3a", "{ramdiskoptions}",
		 "Setup Ramdisk Options"},
	};
	char text[GUID_TEXT_SIZE];

	guid_format(id, text);
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (strcmp(table[i].id, text) == 0)
			return &table[i];
	return NULL;
}

const char *bcd_object_alias(const struct guid *id)
{
	const struct known *known = known_object(id);

	return known ? known->alias : NULL;
}

const char *bcd_object_heading(const struct guid *id, uint32_t type, char buffer[BCD_HEADING_SIZE])
{
	static const struct name headings[] = {
		{BCD_OBJECT_FWBOOTMGR, "Firmware Boot Manager"},
		{BCD_OBJECT_BOOTMGR, "Windows Boot Manager"},
		{BCD_OBJECT_FIRMWARE, "Firmware Application (101fffff)"},
		{BCD_OBJECT_OSLOADER, "Windows Boot Loader"},
		{BCD_OBJECT_RESUME, "Resume from Hibernate"},
		{BCD_OBJECT_MEMDIAG, "Windows Memory Tester"},
		{BCD_OBJECT_NTLDR, "Windows Legacy OS Loader"},
		{BCD_OBJECT_BOOTSECTOR, "Real-mode Boot Sector"},
		{BCD_OBJECT_STARTUP, "Startup Application"},
		{BCD_OBJECT_DEVICE, "Device options"},
	};
	const struct known *known = known_object(id);
	const char *heading;

	if (known && known->heading)
		return known->heading;
	heading = FIND(headings, type);
	if (heading)
		return heading;
	snprintf(buffer, BCD_HEADING_SIZE, "Object %08" PRIx32, type);
	return buffer;
}

struct values {
	uint32_t code;
	bool in_resume; /* of a resume object: its class 2 codes collide with those of loaders */
	uint32_t first;
	const char *text[6];
};

const char *bcd_value_name(uint32_t object_type, uint32_t code, uint64_t value)
{
	static const struct values table[] = {
		{0x15000011, false, 0, {"Serial", "1394", "USB", "NET", "Local"}},
		{0x15000065, false, 3, {"Recovery", "StartupRepair"}},
		{0x15000066, false, 3, {"Recovery", "StartupRepair"}},
		{0x25000008, true, 0, {"Legacy", "Standard"}},
		{0x25000020, false, 0, {"OptIn", "OptOut", "AlwaysOff", "AlwaysOn"}},
		{0x25000021, false, 0, {"Default", "ForceEnable", "ForceDisable"}},
		{0x25000080, false, 0, {"Minimal", "Network", "DsRepair"}},
		{0x250000c2, false, 0, {"Legacy", "Standard"}},
		{0x250000e0,
		 false,
		 0,
		 {"DisplayAllFailures", "IgnoreAllFailures", "IgnoreShutdownFailures",
		  "IgnoreBootFailures"}},
		{0x250000f0, false, 0, {"Off", "Auto"}},
		{0x250000f3, false, 0, {"Serial", "1394", NULL, "NET"}},
	};
	bool in_resume =
		BCD_OBJECT_APPLICATION(object_type) == BCD_OBJECT_APPLICATION(BCD_OBJECT_RESUME);

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		bool is_same = BCD_ELEMENT_CLASS(code) == 1 || table[i].in_resume == in_resume;

		if (table[i].code == code && is_same && value >= table[i].first &&
		    value - table[i].first < ARRAY_SIZE(table[i].text))
			return table[i].text[value - table[i].first];
	}
	return NULL;
}

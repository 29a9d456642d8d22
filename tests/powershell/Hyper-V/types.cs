// SPDX-License-Identifier: GPL-3.0-or-later
// What the cmdlets of Hyper-V take and give, as far as scripts look at it. Enums come from cmdlets.json.
using System;
using System.Collections.Generic;

namespace Microsoft.HyperV.PowerShell {
	public enum VMState { Off, Running, Saved, Paused }

	public class VMComponentObject {
		public string Id { get; set; }
		public string Name { get; set; }
		internal VirtualMachine Owner;
		public Guid VMId { get { return Owner == null ? Guid.Empty : Owner.Id; } }
		public VirtualMachine GetOwner() { return Owner; }
		public void SetOwner(VirtualMachine owner) { Owner = owner; }
	}

	public class VMDriveController : VMComponentObject { public int ControllerNumber { get; set; } }
	public class VMScsiController : VMDriveController { public string[] Channel; }
	public class VMDrive : VMComponentObject {
		public string ControllerType { get { return "SCSI"; } }
		public VMScsiController Controller;
		public int ControllerNumber { get { return Controller.ControllerNumber; } }
		public int ControllerLocation { get; set; }
		public string Path { get; set; }
	}
	public class HardDiskDrive : VMDrive {
		public ulong MaximumIOPS { get; set; }
		public ulong MinimumIOPS { get; set; }
		public string QoSPolicyID { get; set; }
		public bool SupportPersistentReservations { get; set; }
	}
	public class DvdDrive : VMDrive { }

	public class VMNetworkAdapterBase : VMComponentObject {
		public string MacAddress { get; set; }
		public bool DynamicMacAddressEnabled { get; set; }
		public string SwitchName { get; set; }
		public bool Connected { get; set; }
		public string[] Channel;
		public int? Vlan;
		public SortedDictionary<string, string> Port = new SortedDictionary<string, string>();
		public string[] GuestAddresses = new string[0];
	}
	public class VMNetworkAdapter : VMNetworkAdapterBase { public bool IsLegacy { get; set; } }
	public class VMNetworkAdapterVlanSetting { public string OperationMode { get; set; } public int AccessVlanId { get; set; } }

	public class VMBootSource : VMComponentObject {
		public string BootType { get; set; }
		public string FirmwarePath { get; set; }
		public VMComponentObject Device { get; set; }
	}
	public class VMFirmware : VMComponentObject {
		public string SecureBoot { get; set; }
		public string SecureBootTemplate { get; set; }
		public string PreferredNetworkBootProtocol { get; set; }
		public string PauseAfterBootFailure { get; set; }
		public VMBootSource[] BootOrder { get; set; }
	}
	public class VMMemory : VMComponentObject {
		public long Startup { get; set; }
		public long Minimum { get; set; }
		public long Maximum { get; set; }
		public int Buffer { get; set; }
		public int Priority { get; set; }
		public bool DynamicMemoryEnabled { get; set; }
	}
	public class VMProcessor : VMComponentObject {
		public long Count { get; set; }
		public SortedDictionary<string, string> Settings = new SortedDictionary<string, string>();
	}
	public class VMComPort : VMComponentObject { public string Path { get; set; } }
	public class VMVideo : VMComponentObject {
		public string ResolutionType { get; set; }
		public int HorizontalResolution { get; set; }
		public int VerticalResolution { get; set; }
	}
	public class VMIntegrationComponent : VMComponentObject { public bool Enabled { get; set; } }
	public class VMBios : VMComponentObject { }
	public class VMSnapshot : VMComponentObject { }
	public class VMSwitch { public Guid Id { get; set; } public string Name { get; set; } }
	public class VMHost { public string ComputerName { get; set; } public string VirtualMachinePath { get; set; } }
	public class VirtualHardDisk {
		public string Path { get; set; }
		public string VhdFormat { get; set; }
		public string VhdType { get; set; }
		public string ParentPath { get; set; }
		public bool Attached { get; set; }
	}

	public class VirtualMachine {
		public Guid Id { get; set; }
		public string Name { get; set; }
		public int Generation { get; set; }
		public VMState State { get; set; }
		public string Notes { get; set; }
		public string Path { get; set; }
		public string Heartbeat { get; set; }
		public string AutomaticStartAction { get; set; }
		public string AutomaticStopAction { get; set; }
		public string AutomaticCriticalErrorAction { get; set; }
		public int? AutomaticCriticalErrorActionTimeout { get; set; }
		public string CheckpointType { get; set; }
		public bool? AutomaticCheckpointsEnabled { get; set; }
		public string LockOnDisconnect { get; set; }
		public bool? GuestControlledCacheTypes { get; set; }
		public uint? LowMemoryMappedIoSpace { get; set; }
		public ulong? HighMemoryMappedIoSpace { get; set; }
		public VMMemory Memory; public VMProcessor Processor; public VMFirmware Firmware; public VMVideo Video;
		public List<VMScsiController> Controllers = new List<VMScsiController>();
		public List<HardDiskDrive> Disks = new List<HardDiskDrive>();
		public List<DvdDrive> Dvds = new List<DvdDrive>();
		public List<VMNetworkAdapter> Adapters = new List<VMNetworkAdapter>();
		public List<VMBootSource> Boot = new List<VMBootSource>();
		public List<VMIntegrationComponent> Services = new List<VMIntegrationComponent>();
		public VMComPort[] Com = new VMComPort[2];
		public SortedDictionary<string, string> Identity = new SortedDictionary<string, string>();
		public bool KeyProtector, Tpm;
		public string GuestState;
	}
}

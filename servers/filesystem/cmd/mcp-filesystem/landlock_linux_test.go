package main

import ll "github.com/landlock-lsm/go-landlock/landlock/syscall"

func hasLandlock() bool {
	abi, err := ll.LandlockGetABIVersion()
	return err == nil && abi >= 2
}

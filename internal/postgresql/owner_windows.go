package main

import "io/fs"

func owned(info fs.FileInfo) bool { return info.IsDir() }

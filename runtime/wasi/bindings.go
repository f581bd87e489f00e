package wasi

//go:generate go run ../../gen/internal/bootstrap

package host

//go:generate go run ../../gen/internal/bootstrap

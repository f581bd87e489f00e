package network

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/host/network/bindings/airssys/extnetwork/types"
	"github.com/airsstack/witgen/runtime/netguard"
)

// errorOf is what the guest is told of an error. What the guard has refused stays
// as it is.
func errorOf(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[types.NetworkError](err); ok {
		return e
	}
	if errors.As(err, new(*capability.Denial)) || errors.Is(err, errEnded) || errors.Is(err, context.Canceled) {
		return err
	}
	for _, k := range kinds {
		if errors.Is(err, k.is) {
			return k.as(k.is.Error())
		}
	}
	if isTLS(err) {
		return &types.NetworkErrorTLSError{Value: err.Error()}
	}
	switch e, isName := errors.AsType[*netguard.NameError](err); {
	case isName:
		return &types.NetworkErrorInvalidHostname{Value: e.Error()}
	case errors.As(err, new(*netguard.NotFoundError)), errors.As(err, new(*net.DNSError)):
		return &types.NetworkErrorDNSResolutionFailed{Value: err.Error()}
	}
	return &types.NetworkErrorIOError{Value: err.Error()}
}

func isTLS(err error) bool {
	return errors.As(err, new(*tls.CertificateVerificationError)) || errors.As(err, new(tls.RecordHeaderError)) ||
		errors.As(err, new(tls.AlertError)) || errors.As(err, new(x509.HostnameError)) || errors.As(err, new(x509.UnknownAuthorityError))
}

// kinds are the errors that have a case.
var kinds = []struct {
	is error
	as func(string) error
}{
	{syscall.ECONNREFUSED, func(s string) error { return &types.NetworkErrorConnectionRefused{Value: s} }},
	{syscall.ECONNRESET, func(s string) error { return &types.NetworkErrorConnectionReset{Value: s} }},
	{syscall.ECONNABORTED, func(s string) error { return &types.NetworkErrorConnectionReset{Value: s} }},
	{syscall.EPIPE, func(s string) error { return &types.NetworkErrorConnectionReset{Value: s} }},
	{net.ErrClosed, func(string) error { return &types.NetworkErrorConnectionReset{Value: "the connection is closed"} }},
	{io.ErrUnexpectedEOF, func(s string) error { return &types.NetworkErrorConnectionReset{Value: s} }},
	{syscall.EHOSTUNREACH, func(s string) error { return &types.NetworkErrorHostUnreachable{Value: s} }},
	{syscall.ENETUNREACH, func(s string) error { return &types.NetworkErrorNetworkUnreachable{Value: s} }},
	{syscall.EADDRINUSE, func(s string) error { return &types.NetworkErrorAddressInUse{Value: s} }},
	{syscall.EADDRNOTAVAIL, func(s string) error { return &types.NetworkErrorInvalidAddress{Value: s} }},
	{syscall.EAFNOSUPPORT, func(s string) error { return &types.NetworkErrorInvalidAddress{Value: s} }},
	{syscall.EMSGSIZE, func(s string) error { return &types.NetworkErrorInvalidArgument{Value: s} }},
	{syscall.EMFILE, func(s string) error { return &types.NetworkErrorResourceExhausted{Value: s} }},
	{netguard.ErrTooMany, func(s string) error { return &types.NetworkErrorResourceExhausted{Value: s} }},
	{syscall.EACCES, func(s string) error { return &types.NetworkErrorPermissionDenied{Value: s} }},
	{syscall.EPERM, func(s string) error { return &types.NetworkErrorPermissionDenied{Value: s} }},
	{os.ErrDeadlineExceeded, func(string) error { return errTimeout }},
	{context.DeadlineExceeded, func(string) error { return errTimeout }},
	{syscall.ETIMEDOUT, func(string) error { return errTimeout }},
}

var errTimeout error = &types.NetworkErrorConnectionTimeout{Value: "it took longer than it may"}

// cannot says what a socket does not do.
func cannot(what string) error { return &types.NetworkErrorProtocolError{Value: "the socket " + what} }

// invalid says what is wrong with an argument.
func invalid(what string) error { return &types.NetworkErrorInvalidArgument{Value: what} }

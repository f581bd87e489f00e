package wasi

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"github.com/airsstack/witgen/runtime/capability"
	"github.com/airsstack/witgen/runtime/cm"
	"github.com/airsstack/witgen/runtime/netguard"
	"github.com/airsstack/witgen/runtime/wasi/bindings/wasi/http/types"
)

// reason is why an exchange failed, in WASI's words; what it says nothing about is
// not for the guest's eyes.
func (e *exchange) reason(err error) error {
	if cause, ok := errors.AsType[types.ErrorCode](context.Cause(e.ctx)); ok {
		return cause
	}
	return codeOf(err)
}

// codeOf is err as wasi:http has it, nil of none.
func codeOf(err error) error {
	if err == nil {
		return nil
	}
	if code, ok := errors.AsType[types.ErrorCode](err); ok {
		return code
	}
	if code := dialCode(err); code != nil {
		return code
	}
	if code := tlsCode(err); code != nil {
		return code
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &types.ErrorCodeHTTPRequestBodySize{Value: cm.Some(uint64(e.Limit))}
	}
	switch {
	case strings.Contains(err.Error(), "response headers exceeded"), strings.Contains(err.Error(), "response header list larger"): // all that package net/http says of it
		return &types.ErrorCodeHTTPResponseHeaderSectionSize{}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return &types.ErrorCodeConnectionTerminated{}
	case errors.Is(err, errIncomplete), errors.Is(err, context.Canceled):
		return &types.ErrorCodeConnectionTerminated{}
	case isTimeout(err):
		return &types.ErrorCodeHTTPResponseTimeout{}
	}
	return &types.ErrorCodeHTTPProtocolError{}
}

func isTimeout(err error) bool {
	t, ok := errors.AsType[net.Error](err)
	return ok && t.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}

// dialCode is for what went wrong before there was a connection.
func dialCode(err error) error {
	d, ok := errors.AsType[*dialError](err)
	if !ok {
		return nil
	}
	_, denied := errors.AsType[*capability.Denial](err)
	_, none := errors.AsType[*netguard.NotFoundError](err)
	switch {
	case denied: // the name is granted, what it stands for is not
		return &types.ErrorCodeDestinationIPProhibited{}
	case none:
		return &types.ErrorCodeDNSError{Value: types.DNSErrorPayload{Rcode: cm.Some("NXDOMAIN")}}
	case d.lookup && isTimeout(err):
		return &types.ErrorCodeDNSTimeout{}
	case d.lookup:
		return &types.ErrorCodeDNSError{}
	case isTimeout(err):
		return &types.ErrorCodeConnectionTimeout{}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &types.ErrorCodeConnectionRefused{}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return &types.ErrorCodeDestinationIPUnroutable{}
	}
	return &types.ErrorCodeDestinationUnavailable{}
}

func tlsCode(err error) error {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return &types.ErrorCodeTLSCertificateError{}
	}
	if alert, ok := errors.AsType[tls.AlertError](err); ok {
		return &types.ErrorCodeTLSAlertReceived{Value: types.TLSAlertReceivedPayload{AlertID: cm.Some(uint8(alert)), AlertMessage: cm.Some(alert.Error())}}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &types.ErrorCodeTLSProtocolError{}
	}
	return nil
}

# What the check of a configuration finds about required key exchanges. What OpenSSL itself cannot do is found
# too, so there are two lists: of an OpenSSL with ML-KEM, and of one without.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Findings;

my $has_ml_kem = `openssl list -kem-algorithms 2>&1` =~ /X25519MLKEM768/;
my $library = ': the OpenSSL library of mod_ssl has no ML-KEM, so no client can meet the policy; use OpenSSL '
  . '3\.5 or later';
my $classic = 'has no group with ML-KEM, so every request is refused; begin the list with X25519MLKEM768';

sub tls_host { my (@lines) = @_; return host('a.test', $tls, @lines) }
sub groups   { my ($list, $command) = @_; return "SSLOpenSSLConfCmd @{[ $command // 'Groups' ]} $list" }

my $pq = 'UpgradeRequire PostQuantum';

# name, configuration, findings with ML-KEM; without it, if they differ; options
my @cases = (
    ['PostQuantum', tls_host($pq), [], ["6 $pq$library"]],
    ['a floor', tls_host('UpgradeFloor TLS/1.3 PostQuantum', 'SSLProtocol all'), [],
        ["6 UpgradeFloor TLS/1\\.3 PostQuantum$library"]],
    ['a section', tls_host(section('/x', $pq)), [], ["7 $pq$library"]],
    ['TLS 1.3 excluded', tls_host('SSLProtocol all -TLSv1.3', $pq),
        ["7 $pq: TLS/1\\.3 is not offered by SSLProtocol \\(6\\), and older versions have no post-quantum "
            . 'key exchange, so every request is refused; use SSLProtocol all']],
    ['classic groups', tls_host(groups('x25519:P-256'), $pq),
        ["7 $pq: SSLOpenSSLConfCmd Groups \\(6\\) $classic"], ["7 $pq$library"]],
    ['by its other names', tls_host(groups('P-384', 'Curves'), $pq),
        ["7 $pq: SSLOpenSSLConfCmd Curves \\(6\\) $classic"], ["7 $pq$library"]],
    ['the oldest of them', tls_host(groups('P-256', 'ECDHParameters'), $pq),
        ["7 $pq: SSLOpenSSLConfCmd ECDHParameters \\(6\\) $classic"], ["7 $pq$library"]],
    ['which may mean nothing', tls_host(groups('automatic', 'ECDHParameters'), $pq), [], ["7 $pq$library"]],
    ['the last one counts', tls_host(groups('X25519MLKEM768'), groups('x25519'), $pq),
        ["8 $pq: SSLOpenSSLConfCmd Groups \\(7\\) $classic"], ["8 $pq$library"]],
    ['of the main server', groups('x25519') . "\n" . tls_host($pq),
        ["7 $pq: SSLOpenSSLConfCmd Groups \\(1\\) $classic"], ["7 $pq$library"]],
    ['of the virtual host', groups('x25519') . "\n" . tls_host(groups('X25519MLKEM768:x25519'), $pq), [],
        ["8 $pq$library"]],
    ['other commands', tls_host('SSLOpenSSLConfCmd Options -SessionTicket', $pq), [], ["7 $pq$library"]],
    ['with prefixes', tls_host(groups('*X25519MLKEM768/?x25519:?P-256'), $pq), [], ["7 $pq$library"]],
    ['taken out again', tls_host(groups('X25519MLKEM768:x25519:-X25519MLKEM768'), $pq),
        ["7 $pq: SSLOpenSSLConfCmd Groups \\(6\\) $classic"], ["7 $pq$library"]],
    ["the library's own", tls_host(groups('DEFAULT'), $pq), [], ["7 $pq$library"]],
    ['of one of two', "$pq\n" . tls_host(groups('x25519')) . host('b.test', $tls),
        ["1 $pq: SSLOpenSSLConfCmd Groups \\(7\\) $classic"], ["1 $pq$library"]],
    ['no TLS module', $pq, ["1 $pq: no TLS module is loaded, so every request under this policy is refused"],
        undef, modules => ['authz_core']],
    ['ForwardSecrecy without one', 'UpgradeRequire ForwardSecrecy',
        ['1 UpgradeRequire ForwardSecrecy: no TLS module is loaded'], undef, modules => ['authz_core']],
    ['a proxy that says too little', "UpgradeTrustedProxy 192.0.2.1 tls=X-TLS\n$pq",
        ["2 $pq: the proxy of UpgradeTrustedProxy does not state the key exchange of its clients, so "
            . 'all of them are refused; add group=HEADER']],
    ['too little for ForwardSecrecy',
        "UpgradeTrustedProxy 192.0.2.1 scheme=X-Scheme\nUpgradeFloor ForwardSecrecy",
        ['2 UpgradeFloor ForwardSecrecy: the proxy of UpgradeTrustedProxy does not state']],

    # nothing to find
    ['ForwardSecrecy', tls_host('UpgradeFloor ForwardSecrecy'), []],
    ['ForwardSecrecy, met by everybody', tls_host('SSLProtocol TLSv1.3', 'UpgradeFloor ForwardSecrecy'), []],
    ['a proxy that says enough', "UpgradeTrustedProxy 192.0.2.1 group=X-Group\n$pq", [], undef,
        modules => ['authz_core']],
    ['enough for ForwardSecrecy', "UpgradeTrustedProxy 192.0.2.1 tls=X-TLS\nUpgradeFloor ForwardSecrecy", []],
    ['a proxy and classic groups',
        "UpgradeTrustedProxy 192.0.2.1 group=X-Group\n" . tls_host(groups('x25519'), $pq), []],
);

for my $case (@cases) {
    my ($name, $text, $with, $without, %option) = @$case;
    # Lists that an OpenSSL without ML-KEM does not accept are refused by mod_ssl at start only.
    check([$name, $text, $has_ml_kem ? $with : $without // $with, %option]);
}

# The dump shows what is required, and the sentence for who comes in clear.
my $dump = dump_of(tls_host('UpgradeFloor TLS/1.3 PostQuantum',
    section('/x', 'UpgradeRequire ForwardSecrecy')));
like $dump, qr{^\S+ +floor +TLS/1\.3 PostQuantum +enforce}m, 'the dump: a floor';
like $dump, qr{^\S+ +<Location /x> +ForwardSecrecy +enforce}m, 'the dump: a section';
like $dump, qr/refused clients: This resource requires TLS with forward secrecy\. The request was not /m,
  'the dump: the sentence';

done_testing;

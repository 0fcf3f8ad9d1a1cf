# What the check of a configuration finds in a text, for tests that have many of them.
package Findings;
use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET ();
use Lacks;
use Ports;
use Server;
use Test::More;

our @EXPORT = qw($conf $https $tls $server dump_of findings_of host section check);

our $conf = Apache::Test::vars('t_conf');
our $tls  = join "\n", 'SSLEngine on', "SSLCertificateFile $conf/server.crt",
  "SSLCertificateKeyFile $conf/server.key";
our $server = Server->new(
    mpm     => 'event',
    modules => [
        qw(authz_core authz_host authz_user access_compat dir alias rewrite socache_shmcb ssl md http2 cache),
        qw(proxy proxy_http proxy_wstunnel proxy_balancer slotmem_shm lbmethod_byrequests)
    ]
);
our $https = free_port();

sub dump_of {
    my ($text, %option) = @_;
    local @$server{ keys %option } = values %option;
    my ($status, $output) = $server->configure("# line one\n$text")->httpd('-t', '-D', 'DUMP_UPGRADE');
    diag $output if $status;
    return $output;
}

# A line's number, counted from the first line of the text
sub _counted {
    my ($output) = @_;
    open my $file, '<', "$server->{folder}/httpd.conf" or die $!;
    my @lines = <$file>;
    my ($first) = grep { $lines[$_] eq "# line one\n" } 0 .. $#lines;
    return $output =~ s/\Q$server->{folder}\E\/httpd\.conf:(\d+)/$1 - $first - 1/ger;
}

# The findings as "line: text"
sub findings_of {
    my ($findings) = _counted(dump_of(@_)) =~ /^Findings: (.*)\z/ms or return 'no findings at all';
    $findings =~ s/^Syntax OK\n//m;
    return $findings =~ s/^\n//r;
}

sub host {
    my ($name, @lines) = @_;
    return join "\n", '<VirtualHost *:443>', "ServerName $name", @lines, '</VirtualHost>', '';
}

sub section {
    my ($path, @lines) = @_;
    return join "\n", "<Location $path>", @lines, '</Location>', '';
}

# [name, configuration, [what each finding begins with, line first], options]; no findings at
# all where the list is empty.
sub check {
    for my $case (@_) {
        my ($name, $text, $want, %option) = @$case;
      SKIP: {
            skip_without('h2-websockets', 1) if $text =~ /H2WebSockets/;
            my $findings = findings_of($text, %option);
            if (@$want) {
                my $pattern = join '', map { "$_.*\n" } @$want;
                like $findings, qr/\A$pattern\z/, $name;
            }
            else {
                is $findings, "none\n", "sound: $name";
            }
        }
    }
    return;
}

1;

# What an event tunnel costs when it opens, and what it keeps: APR takes memory from the system and gives
# it back block by block, each by a call that stops all threads of the process for a moment. Counted, so
# that no clock and nobody else on the machine decides.
use strict;
use warnings;
use Test::More;
use FindBin;
use IO::Select       ();
use IO::Socket::INET ();
use lib "$FindBin::Bin/lib";
use Lacks;
use Ports;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

use constant OPENS => 100;

my $folder   = Apache::Test::vars('t_conf');
my $listener = backend();
my ($port, $tls) = ($listener->sockport, free_port());

# [clients, options, calls an open, KB a tunnel]. httpd itself needs 4 blocks for any request on a new
# connection, and 3 more behind TLS, for which one is taken and given back with the 101; what httpd
# keeps of a request and its connection are 5 pages. What OpenSSL keeps is more with each version.
my @kinds = (
    ['plain clients', {}, 4, 22],
    ['TLS clients', { port => $tls, tls => { SSL_version => 'TLSv1_3' } }, 8],
);

my @modules = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
my $server = Server->new(modules => \@modules, helper => 1)->configure(<<"END");
LogLevel warn
KeepAliveTimeout 600
ThreadsPerChild 4
ThreadLimit 4
MaxRequestWorkers 4
AsyncRequestWorkerFactor 200
ProxyPass /ws http://127.0.0.1:$port/
<Location /ws>
UpgradeKeep WebSocket
UpgradeTunnel event
</Location>
Listen 127.0.0.1:$tls
<VirtualHost 127.0.0.1:$tls>
SSLEngine on
SSLCertificateFile $folder/server.crt
SSLCertificateKeyFile $folder/server.key
</VirtualHost>
END

my $counter = "$server->{folder}/maps";
open my $file, '+>', $counter or die $!;
syswrite $file, pack 'Q2', 0, 0;
chmod 0666, $counter;
{
    local @ENV{qw(UPGRADE_FAULT_MAPS UPGRADE_PRELOAD)} = ($counter, Server::fault('maps'));
    $server->start;
}

# (for memory, for waking other threads)
sub calls {
    seek $file, 0, 0;
    sysread $file, my $numbers, 16;
    return unpack 'Q2', $numbers;
}

sub memory { return (belongings($server))[1] }

# KB that a server keeps of each connection that has had a response and waits for its next request. httpd
# closes all of these where it has no thread to spare for a moment: then once more.
sub kept_waiting {
    my (%option) = @_;
    $server->stop->start;
    my $kept;
    eventually(sub {
        my @open = map { waiting(%option) } 1 .. OPENS;
        my $had = memory();
        push @open, map { waiting(%option) } 1 .. OPENS;
        $kept = (memory() - $had) / OPENS;
        return !IO::Select->new(@open)->can_read(0);
    }) or die 'no connection waits for long';
    return $kept;
}

sub waiting {
    my (%option) = @_;
    my $client = Wire::connect_to($option{port} || $server->{port}, %{ $option{tls} || {} });
    print $client "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    $client->flush;
    head_from($client) =~ /\r\n\r\n\z/ or die 'no response';
    return $client;
}

my @kept;
for my $kind (@kinds) {
    my ($name, $option, $calls, $most) = @$kind;
    # Its threads have served before; nothing is closed, which would give memory back meanwhile.
    my @open = map { [open_tunnel($server, $listener, %$option)] } 1 .. OPENS;
    my ($begin, $woken, $had) = (calls(), memory());
    push @open, map { [open_tunnel($server, $listener, %$option)] } 1 .. OPENS;
    my ($maps, $writes) = calls();
    my ($each, $wakes, $kept) = map { $_ / OPENS } $maps - $begin, $writes - $woken, memory() - $had;
    note "$name: memory is taken and given back $each times an open, and $kept KB are kept";
    # A poller sleeps without end at most once.
    cmp_ok $wakes, '<', 0.5, "$name: no thread is woken by an open, as events tell of all that comes";
  SKIP: {
        skip_as('apr-mmap', 1) if $begin < OPENS;
        # One in a hundred may be a thread's, for all that it does.
        cmp_ok int $each, '<=', $calls, "$name: memory is taken and given back $each times an open";
    }
    cmp_ok $kept, '>', 4, "$name: what is kept is looked at";
    push @kept, [$name, $option, $kept];
    cmp_ok $kept, '<', $most, "$name: $kept KB are kept of each" if $most;
    alive(@$_[0, 1], "$name: a tunnel is alive") for @open[0, -1];
    close $_ for map { @$_[0, 1] } @open;
}

# Of the same connections, before their next request, httpd keeps more.
for my $case (@kept) {
    my ($name, $option, $kept) = @$case;
    my $waits = kept_waiting(%$option);
    cmp_ok $kept, '<', $waits, "$name: fewer than the $waits KB of one that waits for a request";
}

unlike $server->stop->finish->log, qr/exit signal/, 'no child has crashed';
done_testing;

# An administrator ends what an old child carries, by a signal to it.
use strict;
use warnings;
use Test::More;
use POSIX ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Ports;
use Generations;
use Server;
use Tunnel;
use Wire;

local $SIG{PIPE} = 'IGNORE';

# The children of a generation that wait for their tunnels, once all of them do.
sub leaving {
    my ($server, $generation) = @_;
    my @of;
    my $all = sub {
        @of = grep { $_->{generation} == $generation } children_of($server);
        return !grep { !$_->{leaving} } @of;
    };
    eventually($all) or die "generation $generation is not leaving";
    return grep { $_->{event} || $_->{thread} } @of;
}

# The process of one that says more as long as the other side takes it.
sub talks {
    my ($socket) = @_;
    my $pid = fork // die $!;
    if (!$pid) {
        my $message = masked('x' x 65_536);
        1 while syswrite $socket, $message;
        POSIX::_exit(0);
    }
    return $pid;
}

# What is seen of WINCH takes its ten seconds: all servers do it side by side.
my @ends;

# WINCH in its time, TERM at once.
{
    my $server = generations(16, '')->start;
    my @early = map { open_here($server) } 1 .. 3;
    kill WINCH => map { $_->{pid} } children_of($server);
    $server->graceful;
    alive(@$_, 'a signal that comes while a child serves is forgotten') for @early;
    my ($old) = leaving($server, 0);
    my $count = $old->{event};
    cmp_ok $old->{pid}, '!=', $server->pid, 'the status page names the children that wait';
    kill WINCH => $old->{pid};
    push @ends, sub {
        ok eventually(sub { tunnels_of($server)->{drained} == $count }), 'WINCH: its tunnels end soon';
        my $asked = "ends its $count tunnels within 10 seconds: it received SIGWINCH";
        like $server->log, qr/UR0022: a child of generation 0 $asked/, 'the log says why';
        ok eventually(sub { Server::is_gone($old->{pid}) }), 'and so does the child';
        is scalar(grep { is_over($_) && !told($_) } @early), 0, 'each is told so';

        my @late = map { open_here($server) } 1 .. 3;
        $server->graceful;
        ($old) = leaving($server, 1);
        $count = $old->{event};
        kill TERM => $old->{pid};
        ok eventually(sub { tunnels_of($server)->{stopped} == $count }), 'TERM: its tunnels end at once';
        ok eventually(sub { Server::is_gone($old->{pid}) }), 'and so does the child';
        is scalar(grep { is_over($_) && !told($_) } @late), 0, 'each is told so';
        is answered($server), 200, 'the server goes on';
        close $_ for map { @$_[0, 1] } @early, @late;
        $server->stop;
    };
}

# What threads carry because there was no room goes as well, also when its backend would stay for ever, and
# whatever OpenSSL makes of an end that the client did not send.
for my $name ('clear', 'TLS', 'strict TLS') {
    my $tls    = $name =~ /TLS/;
    local $ENV{UPGRADE_PRELOAD} = Server::fault('strict_tls') if $name =~ /strict/;
    my $conf   = Apache::Test::vars('t_conf');
    my $other  = free_port();
    my $server = generations(16, <<"END")->start;
Timeout 3600
UpgradeTunnelMax 1
Listen 127.0.0.1:$other
<VirtualHost *:$other>
SSLEngine on
SSLCertificateFile $conf/server.crt
SSLCertificateKeyFile $conf/server.key
</VirtualHost>
END
    my @to   = $tls ? (port => $other, tls => { SSL_verify_mode => 0 }) : ();
    my @open = map { open_here($server, @to) } 1 .. 5;
    my $of   = tunnels_of($server);
    cmp_ok $of->{by}{thread}, '>', 0, "$name: threads carry some";
    $server->graceful;
    my @old = map { $_->{pid} } leaving($server, 0);
    kill WINCH => @old;
    push @ends, sub {
        for my $tunnel (@open) {
            ok told($tunnel), "$name: the client is told";
            my $close = receive($tunnel->[1], 100);
            is substr($close, 6) ^ substr($close, 2, 2), "\x03\xe9", "$name: and the backend";
        }
        ok eventually(sub { !grep { !Server::is_gone($_) } @old }), "$name: the children are gone";
        $of = tunnels_of($server);
        is $of->{drained}, 5, "$name: all are counted as drained";
        close $_ for map { @$_[0, 1] } @open;
        $server->stop;
    };
}

# The same where one side has ended its direction: nobody reads from it any more, but it still reads.
for my $of (['client', 0], ['backend', 1]) {
    my ($name, $side) = @$of;
    my $server = generations(16, "Timeout 3600\nUpgradeTunnelMax 1\n")->start;
    my @open = map { open_here($server) } 1 .. 5;
    cmp_ok tunnels_of($server)->{by}{thread}, '>', 0, "the $name has ended: threads carry some";
    shutdown $_->[$side], 1 for @open;
    is scalar(grep { !ended($_->[1 - $side]) } @open), 0, "the $name has ended: the other side sees it";
    $server->graceful;
    my @old = map { $_->{pid} } leaving($server, 0);
    kill WINCH => @old;
    push @ends, sub {
        for my $tunnel (@open) {
            my $close = receive($tunnel->[$side], 100);
            my $code = $side ? substr($close, 6) ^ substr($close, 2, 2) : substr $close, 2;
            is $code, "\x03\xe9", "the $name has ended: it is told";
        }
        ok eventually(sub { !grep { !Server::is_gone($_) } @old }), "the $name has ended: the children go";
        is tunnels_of($server)->{drained}, 5, "the $name has ended: all are counted as drained";
        close $_ for map { @$_[0, 1] } @open;
        $server->stop;
    };
}

# Nor do those keep it where one side talks without end and the other one takes nothing, so that nobody reads
# from either: a client, and a backend whose client has ended its direction.
{
    my $server = generations(16, "Timeout 3600\nUpgradeTunnelMax 1\n", children => 1)->start;
    my ($event, $by_client, $by_backend) = map { open_here($server) } 1 .. 3;
    is tunnels_of($server)->{by}{thread}, 2, 'nothing is taken: threads carry two';
    shutdown $by_backend->[0], 1;
    ok ended($by_backend->[1]), 'nothing is taken: one client has ended';
    my @talkers = map { talks($_) } $by_client->[0], $by_backend->[1];
    $server->graceful;
    my ($old) = leaving($server, 0);
    kill WINCH => $old->{pid};
    push @ends, sub {
        ok eventually(sub { Server::is_gone($old->{pid}) }), 'nothing is taken: the child goes';
        is tunnels_of($server)->{drained}, 3, 'nothing is taken: all are counted as drained';
        is receive($by_client->[0], 100), '', 'nothing is taken: the client cannot be told';
        kill TERM => @talkers;
        waitpid $_, 0 for @talkers;
        close $_ for map { @$_[0, 1] } $event, $by_client, $by_backend;
        $server->stop;
    };
}

# A child that is known to be leaving hears its signals, however long it takes until it does.
{
    my $server = generations(16, '', children => 1);
    my $switch = "$server->{folder}/fault";
    {
        local @ENV{qw(UPGRADE_FAULT_CALL UPGRADE_FAULT_SWITCH UPGRADE_PRELOAD)} =
          ('signal', $switch, Server::fault('refuse'));
        $server->start;
    }
    my $tunnel = open_here($server);
    alive(@$tunnel, 'a tunnel');
    open my $file, '>', $switch or die $!;
    chmod 0644, $switch;
    $server->graceful;
    my @children = children_of($server);
    is scalar(@children), 2, 'a child of the next generation serves';
    is scalar(grep { $_->{leaving} } @children), 0,
      'as long as the old one hears no signals it is not leaving';
    unlink $switch;
    my @old;
    ok eventually(sub { @old = with_tunnels($server) }), 'when it does it is';
    kill WINCH => $old[0]{pid};
    push @ends, sub {
        ok told($tunnel), 'a signal in this moment is heard: its tunnel ends';
        my $asked = qr/UR0022: a child of generation 0 .*: it received SIGWINCH/;
        like $server->log, $asked, 'because of that';
        close $_ for @$tunnel;
        $server->stop;
    };
}

$_->() for @ends;

done_testing;

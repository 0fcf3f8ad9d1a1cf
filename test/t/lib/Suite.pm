# What this suite changes in Apache::Test, and why.
package Suite;
use strict;
use warnings;
use parent 'Apache::TestRun';

use Apache::TestConfig ();
use FindBin            ();
use IO::Socket::INET   ();
use IPC::Open2         qw(open2);
use Server             ();

# Run as root, Apache::Test would run no test and exit 0. httpd itself changes to
# an unprivileged user for its children, and the staged folder is readable for all.
sub check_runtime_user { return 1 }

# The backends are needed before the configuration is written, which names their ports. They
# end with their standard input, that is, with this process, however this one ends.
my @stdin;

# Starts it; the ports that it prints.
sub _backend {
    my ($name, @arguments) = @_;
    my $input;
    open2(my $output, $input, '/usr/bin/python3', "$FindBin::Bin/backend/$name.py", @arguments);
    push @stdin, $input;
    my $ports = <$output>;
    die "the $name backend does not start\n" unless defined $ports;
    return split ' ', $ports;
}

sub new_test_config {
    my $self   = shift;
    my $config = $self->SUPER::new_test_config(@_);
    my $vars = $config->{vars};
    my $conf = "$FindBin::Bin/conf";
    $vars->{raw_socket} = "$FindBin::Bin/raw.$$.socket";
    ($vars->{echo_port}) = _backend('echo');
    @$vars{qw(raw_port raw_tls_port)} = _backend('raw', "$conf/server.crt", "$conf/server.key",
        $vars->{raw_socket});
    # One whose connections are counted: only proxy.t's.
    ($vars->{counting_port}) = _backend('raw', "$conf/server.crt", "$conf/server.key",
        "$FindBin::Bin/counting.$$.socket");
    return $config;
}

# A pid file that a killed run left behind would make Apache::Test kill whatever
# process has that number today; a taken port would make it test a foreign server.
sub start {
    my $self   = shift;
    my $config = $self->{test_config};
    unlink $config->{server}->pid_file;
    for my $port ($config->{vars}{port}, map { $_->{port} } values %{ $config->{vhosts} }) {
        IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 1, ReuseAddr => 1)
          or die "port $port is taken: $!\n";
    }
    $self->SUPER::start(@_);
    open my $pid, '<', $config->{server}->pid_file or die 'httpd has not started';
    my $server = int <$pid>;
    Server::check_apr($server);
    Server::show_debugger($server, $config->{vars}{port});
}

# Apache::Test listens on all addresses; this suite on the loopback address only.
{
    no warnings 'redefine';
    my $parse_vhost = \&Apache::TestConfig::parse_vhost;
    *Apache::TestConfig::parse_vhost = sub {
        my $vhost = $parse_vhost->(@_) or return undef;
        $vhost->{out_string} =~ s/0\.0\.0\.0:/127.0.0.1:/;
        return $vhost;
    };
}

1;

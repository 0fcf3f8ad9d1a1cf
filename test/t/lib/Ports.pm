# Ports for servers that are told where to listen before they run. They are not among those that the system
# gives to connections by itself: between the choice and the server's start a connection could take any.
package Ports;
use strict;
use warnings;
use parent 'Exporter';

use Apache::Test     ();
use Fcntl            qw(LOCK_EX O_CREAT O_RDWR);
use IO::Socket::INET ();

our @EXPORT = qw(free_port);

# Two runs at a time have a range each.
my ($low, $high) = split / /, $ENV{UPGRADE_TEST_PORTS} || '20000 31999';

# The tests of a run go through its range together: none gets a port for which another's server is about to
# start.
sub free_port {
    my $name = Apache::Test::vars('t_logs') . '/last_port';
    sysopen my $file, $name, O_RDWR | O_CREAT or die "$name: $!";
    flock $file, LOCK_EX or die "$name: $!";
    my $port = readline($file) // $low + int rand($high - $low);
    for (1 .. $high - $low) {
        $port = $port < $high ? $port + 1 : $low;
        next if !IO::Socket::INET->new(LocalAddr => "127.0.0.1:$port", Listen => 1, ReuseAddr => 1);
        seek $file, 0, 0;
        print $file $port;
        close $file or die "$name: $!";
        return $port;
    }
    die "no port is free from $low to $high\n";
}

1;
